// Rules about documents: they name the folders, error codes and tests that exist, and their links
// lead somewhere.

import { posix } from 'node:path';
import type { SourceTree } from './source-tree.ts';

export function docRules(tree: SourceTree): string[] {
  return [...codeMap(tree), ...errorCodes(tree), ...invariants(tree), ...links(tree)];
}

const architecturePath = 'docs/ARCHITECTURE.md';
const operationsPath = 'docs/OPERATIONS.md';

/** Rows or entries of the section "Code map" begin with `src/name/` or `name/`: all of them. */
function codeMap(tree: SourceTree): string[] {
  const text = tree.texts.get(architecturePath);
  if (text === undefined) return [`${architecturePath}: missing`];
  const section = /^#+ [^\n]*code map[^\n]*\n(?<body>[\s\S]*?)(?=^#{1,2} |$(?![\s\S]))/im.exec(
    text,
  );
  if (section === null) return [`${architecturePath}: has no section "Code map"`];
  const body = section.groups?.body ?? '';
  const named = new Set(
    [...body.matchAll(/^[|*\- ]*`(?:src\/)?([a-z0-9-]+)\/`/gm)].map(([, name]) => name),
  );
  const real = new Set(
    [...tree.texts.keys()].flatMap((path) => /^src\/([^/]+)\//.exec(path)?.[1] ?? []),
  );
  return [
    ...[...real.difference(named)].map((name) => `${architecturePath}: code map lacks ${name}/`),
    ...[...named.difference(real)].map((name) => `${architecturePath}: there is no src/${name}/`),
  ];
}

/** Each code of the error table begins a heading, paragraph, list entry or table row. */
function errorCodes(tree: SourceTree): string[] {
  const operations = tree.texts.get(operationsPath);
  if (operations === undefined) return [`${operationsPath}: missing`];
  const table = /errorTable = \{(?<rows>[\s\S]*?)^\}/m.exec(tree.texts.get('src/errors.ts') ?? '');
  const codes = [...(table?.groups?.rows ?? '').matchAll(/^ {2}([A-Z][A-Z0-9_]*):/gm)];
  return codes
    .map(([, code]) => code ?? '')
    .filter((code) => !new RegExp(`^[#*|\\- \`]*${code}\\b`, 'm').test(operations))
    .map((code) => `${operationsPath}: has no paragraph for ${code}`);
}

/**
 * An invariant is a block that begins with INV-n; it names at least one test as `path.test.ts`,
 * and where the path is followed by "title", the file has a test of that title.
 */
function invariants(tree: SourceTree): string[] {
  const text = tree.texts.get(architecturePath) ?? '';
  const blocks = text.split(/^(?=[#*|\- `]*INV-\d+)/m).slice(1);
  return blocks.flatMap((block) => {
    const name = /INV-\d+/.exec(block)?.[0] ?? '';
    const body = block.split(/^#/m)[0] ?? '';
    const tests = [...body.matchAll(/`([^`\s]+\.test\.ts)`(?:[:,]?\s+"([^"]+)")?/g)];
    if (tests.length === 0) return [`${architecturePath}: ${name} names no test`];
    return tests.flatMap(([, path = '', title]) => {
      const test = tree.texts.get(path);
      if (test === undefined) return [`${architecturePath}: ${name}: ${path} does not exist`];
      const wanted = title?.replace(/\s+/g, ' ');
      if (wanted === undefined || test.includes(wanted)) return [];
      return [`${architecturePath}: ${name}: ${path} has no test "${wanted}"`];
    });
  });
}

function links(tree: SourceTree): string[] {
  return [...tree.texts]
    .filter(([path]) => path.endsWith('.md'))
    .flatMap(([path, text]) =>
      [...text.replace(/```[\s\S]*?```/g, '').matchAll(/\]\((?!\w+:|#)([^)\s#]+)[^)]*\)/g)]
        .map(([, link = '']) => posix.join(posix.dirname(path), link).replace(/\/$/, ''))
        .filter((target) => !exists(tree, target))
        .map((target) => `${path}: links to ${target}, which does not exist`),
    );
}

function exists(tree: SourceTree, target: string): boolean {
  if (target === '.' || tree.texts.has(target) || tree.images.has(target)) return true;
  return [...tree.texts.keys()].some((path) => path.startsWith(`${target}/`));
}
