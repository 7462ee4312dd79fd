// Rules about the text of one file: size, header comment, and constructs that the style forbids.

import type { TidyTables } from '../tidy.ts';
import { unitOf } from './import-rules.ts';
import {
  isDeclaration,
  isGenerated,
  isTest,
  type SourceFile,
  type SourceTree,
} from './source-tree.ts';

const lineColumnsMax = 100;
const fileLinesMax = 300;

// What a formatter cannot break: the line of a long string, a directive to the linter, a drawing.
// Prose in comments can always be broken.
const unbreakable = /^(?!\s*(\/\/|\*)).*['`]|biome-ignore|^\s*(\/\/|\*).*\S {2,}\S/;

// Places of the machine that a file was written on. Split, so that this file passes its own rule.
const namesNeverWritten = ['/wo' + 'rk/', '/ro' + 'ot/'];

const forbiddenInCode: readonly { pattern: RegExp; why: string }[] = [
  { pattern: /\bconsole\./, why: 'console: use the log, or process.stdout in a tool' },
  { pattern: /^export default\b/m, why: 'default export: name it' },
  { pattern: /^\s*(export )?(declare )?(const )?enum\s/m, why: 'enum: use a const object' },
  { pattern: /^\s*(export )?(declare )?namespace\s/m, why: 'namespace: use a file' },
  {
    pattern: /(?:[:<|&]|\bas\b|\bextends\b)\s*any\b|\bany(?:\[\]|\s*[|&>])/,
    why: 'any: say what it is, or unknown',
  },
];

const forbiddenInEngine: readonly { pattern: RegExp; why: string }[] = [
  { pattern: /^(export )?let\s/m, why: 'module-level mutable state' },
  { pattern: /\bsetTimeout\(|\bDate\.now\(/, why: 'time comes in through Clock' },
];

// Short-lived programs, whose state and time nobody has to test by themselves.
const unitsOutsideEngine = ['main', 'ctl-main', 'cli', 'ctl', 'dashboard'];

export function textRules(tree: SourceTree, tables: TidyTables): string[] {
  return [
    ...[...tree.texts].flatMap(([path, text]) => namesThatLeak(path, text)),
    ...[...tree.texts]
      .filter(([path]) => /^(src|test|tools|bench|kernel)\/.*\.tsx?$/.test(path))
      .filter(([path]) => !isGenerated(path))
      .flatMap(([path, text]) => shape(path, text, tables)),
    ...tree.sources
      .filter(({ path }) => !isDeclaration(path))
      .flatMap((file) => find(file, forbiddenInCode)),
    ...tree.sources.flatMap((file) => shippedRules(file, tables)),
    ...tree.sources.flatMap(processTestHeader),
    ...Object.keys(tables.longFiles)
      .filter((path) => lineCount(tree.texts.get(path) ?? '') <= fileLinesMax)
      .map((path) => `${path}: is short, take it off the list of long files`),
  ];
}

function shape(path: string, text: string, tables: TidyTables): string[] {
  const problems: string[] = [];
  if (!path.endsWith('.test.ts') && !/^(#!.*\n)?(\/\/|\/\*)/.test(text))
    problems.push(`${path}: does not start with a comment`);
  text.split('\n').forEach((line, index) => {
    if ([...line].length <= lineColumnsMax || unbreakable.test(line)) return;
    problems.push(`${path}:${index + 1}: ${[...line].length} columns, ${lineColumnsMax} allowed`);
  });
  if (lineCount(text) > fileLinesMax && !(path in tables.longFiles)) {
    problems.push(`${path}: ${lineCount(text)} lines, ${fileLinesMax} allowed`);
  }
  return problems;
}

function shippedRules(file: SourceFile, tables: TidyTables): string[] {
  if (!file.path.startsWith('src/') || isTest(file.path)) return [];
  const unit = unitOf(file.path);
  const exempt = unit === 'clock' || unitsOutsideEngine.includes(unit);
  const problems = exempt ? [] : find(file, forbiddenInEngine);
  if (/\bprocess\.(env|argv)\b/.test(file.code) && !tables.environmentReaders.includes(unit)) {
    problems.push(`${file.path}: reads process.env or argv, which is for the entry points`);
  }
  return problems;
}

/** Above unit level a test file says what it plays and what it proves. */
function processTestHeader(file: SourceFile): string[] {
  if (!/^test\/(?!support\/).*\.test\.ts$/.test(file.path)) return [];
  return ['Scenario', 'Guarantees']
    .filter((word) => !new RegExp(`^\\s*(//|\\*).*\\b${word}`, 'm').test(file.text))
    .map((word) => `${file.path}: has no "${word}" line in a comment`);
}

function find(file: SourceFile, rules: readonly { pattern: RegExp; why: string }[]): string[] {
  return rules.flatMap(({ pattern, why }) => {
    const match = pattern.exec(file.code);
    if (match === null) return [];
    const line = file.code.slice(0, match.index + match[0].search(/\S/)).split('\n').length;
    return [`${file.path}:${line}: ${why}`];
  });
}

function namesThatLeak(path: string, text: string): string[] {
  return namesNeverWritten
    .filter((name) => text.includes(name))
    .map((name) => `${path}: contains ${name}, a path of the machine it was written on`);
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
