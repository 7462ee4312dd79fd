// The project as tidy sees it: every text file by its path, with what the rules ask of TypeScript
// sources worked out once. Rules take a tree and nothing else, so that a test is a small object.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blankComments, blankCommentsAndStrings } from './blanked-source.ts';

export interface ImportEdge {
  /** As written: `../clock.ts`, `node:fs`, `zod`. */
  readonly specifier: string;
  readonly typeOnly: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** The text with comments and strings blanked, same length and lines. */
  readonly code: string;
  readonly imports: readonly ImportEdge[];
}

export interface SourceTree {
  /** Every text file: documents, scripts, configuration and sources. */
  readonly texts: ReadonlyMap<string, string>;
  /** TypeScript of src, test, tools and bench, without generated code. */
  readonly sources: readonly SourceFile[];
  /** Images: all that matters of them is that they are there. */
  readonly images: ReadonlySet<string>;
}

/** Reads a checked-out project. */
export function readSourceTree(rootPath: string): SourceTree {
  const texts = new Map<string, string>();
  const images = new Set<string>();
  for (const path of listFiles(rootPath, '')) {
    if (isText(path)) texts.set(path, readFileSync(join(rootPath, path), 'utf8'));
    if (path.endsWith('.png')) images.add(path);
  }
  return sourceTree(texts, images);
}

export function sourceTree(
  texts: ReadonlyMap<string, string>,
  images: ReadonlySet<string> = new Set(),
): SourceTree {
  const sources = [...texts]
    .filter(([path]) => /^(src|test|tools|bench)\/.*\.tsx?$/.test(path) && !isGenerated(path))
    .map(([path, text]) => ({
      path,
      text,
      code: blankCommentsAndStrings(text),
      imports: findImports(text),
    }));
  return { texts, sources, images };
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/');
}

/** Types of the platform that no package declares: nobody imports them. */
export function isDeclaration(path: string): boolean {
  return path.endsWith('.d.ts');
}

export function isGenerated(path: string): boolean {
  return path.startsWith('src/generated/');
}

const foldersNotOurs = new Set(['node_modules', '.git', '.gophership', 'dist']);

function listFiles(rootPath: string, folder: string): string[] {
  return readdirSync(join(rootPath, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isFile()) return [path];
    return entry.isDirectory() && !foldersNotOurs.has(entry.name) ? listFiles(rootPath, path) : [];
  });
}

function isText(path: string): boolean {
  return /\.(tsx?|js|md|json|ya?ml|sh|c|go|py|proto|txt|toml|html|css)$|^(bin|\.ci)\//.test(path);
}

// `import ... from`, `export ... from`, `import '...'`, `import('...')`, and the two ways in which
// a file is started rather than imported: `new URL('./thread.ts', import.meta.url)` and resolve().
const importForms = [
  /\b(?:import|export)\s+(?<clause>[^'";=()]*?)\s*\bfrom\s*'(?<specifier>[^']+)'/g,
  /\bimport\s*'(?<specifier>[^']+)'/g,
  /\bimport\(\s*'(?<specifier>[^']+)'\s*\)/g,
  /\bnew URL\(\s*'(?<specifier>\.{1,2}\/[^']+)'/g,
  /\bimport\.meta\.resolve\(\s*'(?<specifier>[^']+)'/g,
];

function findImports(text: string): ImportEdge[] {
  const withStrings = blankComments(text);
  const code = blankCommentsAndStrings(text);
  return importForms.flatMap((form) =>
    [...withStrings.matchAll(form)]
      // A match whose keyword is blanked in `code` stands inside a string: a fixture, not an
      // import.
      .filter((match) => code[match.index] === withStrings[match.index])
      .map((match) => ({
        specifier: match.groups?.specifier ?? '',
        typeOnly: isTypeOnly(match.groups?.clause ?? ''),
      })),
  );
}

function isTypeOnly(clause: string): boolean {
  if (/^type\b/.test(clause)) return true;
  const names = /^\{(?<names>[^}]*)\}$/.exec(clause)?.groups?.names;
  if (names === undefined) return false;
  const list = names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return list.length > 0 && list.every((name) => name.startsWith('type '));
}
