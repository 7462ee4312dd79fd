// Rules about edges between files: the import table, cycles, packages, and files that nobody
// reaches.

import { posix } from 'node:path';
import type { TidyTables } from '../tidy.ts';
import { isDeclaration, isTest, type SourceFile, type SourceTree } from './source-tree.ts';

export function importRules(tree: SourceTree, tables: TidyTables): string[] {
  const shipped = tree.sources.filter(
    ({ path }) => path.startsWith('src/') && !isTest(path) && !isDeclaration(path),
  );
  return [
    ...shipped.flatMap((file) => edgesOutsideTable(file, tables)),
    ...shipped.flatMap((file) => packagesOutsideTable(file, tables)),
    ...tree.sources.flatMap((file) => missingTargets(file, tree)),
    ...cycles(shipped),
    ...deadFiles(tree, tables),
  ];
}

/** `src/vault/block.ts` is of `vault`, `src/log.ts` of `log`. */
export function unitOf(path: string): string {
  return path.split('/')[1]?.replace(/\.ts$/, '') ?? '';
}

function edgesOutsideTable(file: SourceFile, tables: TidyTables): string[] {
  const unit = unitOf(file.path);
  const isRootFile = tables.rootFiles.includes(unit);
  const allowed = isRootFile ? [] : tables.imports[unit];
  if (allowed === undefined) return [`${file.path}: "${unit}" has no row in the import table`];
  return targets(file).flatMap(({ path, typeOnly }) => {
    if (path === 'package.json') return [];
    if (!path.startsWith('src/')) return [`${file.path}: imports ${path} from outside src/`];
    const target = unitOf(path);
    if (target === unit || tables.rootFiles.includes(target) || allowed.includes(target)) return [];
    if (path === 'src/config/config.ts' && typeOnly && !isRootFile) return [];
    return [`${file.path}: imports ${path}, but ${unit} may not import ${target}`];
  });
}

function packagesOutsideTable(file: SourceFile, tables: TidyTables): string[] {
  return file.imports.flatMap(({ specifier }) => {
    if (specifier.startsWith('.') || specifier.startsWith('node:')) return [];
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    if (tables.packages[name]?.includes(unitOf(file.path))) return [];
    return [`${file.path}: package ${name} is not for ${unitOf(file.path)}`];
  });
}

// Other kinds of file (wasm, generated JavaScript) are the type check's business.
function missingTargets(file: SourceFile, tree: SourceTree): string[] {
  return targets(file)
    .filter(({ path }) => /\.tsx?$/.test(path) && !tree.texts.has(path))
    .map(({ path }) => `${file.path}: imports ${path}, which does not exist`);
}

function cycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(files.map((file) => [file.path, targets(file).map(({ path }) => path)]));
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      problems.push(`${path}: import cycle ${[...trail.slice(start), path].join(' -> ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return problems;
}

/** A file that only tests import is dead; so is support that no test imports. */
function deadFiles(tree: SourceTree, tables: TidyTables): string[] {
  const reached = new Set(tables.entryPoints);
  for (const file of tree.sources) {
    for (const { path } of targets(file)) {
      if (!isTest(file.path) || !path.startsWith('src/')) reached.add(path);
    }
  }
  const dead = tree.sources
    .filter(({ path }) => path.startsWith('src/') || path.startsWith('test/support/'))
    .filter(({ path }) => !path.endsWith('.test.ts') && !isDeclaration(path) && !reached.has(path))
    .filter(({ path }) => !(path in tables.seams))
    .map(({ path }) => `${path}: nobody imports this file`);
  const done = Object.keys(tables.seams)
    .filter((path) => reached.has(path) || !tree.texts.has(path))
    .map((path) => `${path}: is imported or gone, take it off the list of seams`);
  return [...dead, ...done];
}

function targets(file: SourceFile): { path: string; typeOnly: boolean }[] {
  return file.imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, typeOnly }) => ({
      path: posix.join(posix.dirname(file.path), specifier),
      typeOnly,
    }));
}
