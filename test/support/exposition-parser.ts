// Reads what /metrics writes, strictly, so that tests can ask for a sample by its name: text 0.0.4
// and OpenMetrics 1.0 as far as the engine writes them. Throws for what their grammars forbid.

import assert from 'node:assert/strict';

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string | undefined;
  readonly help: string;
  /** `name{label="value"}` with the values unescaped, as written. */
  readonly samples: Map<string, number>;
}

const sampleSuffixes: Readonly<Record<string, string>> = { counter: '_total', info: '_info' };
const histogramSuffixes = ['_bucket', '_sum', '_count'];

/** By the name of the family; in OpenMetrics that is without `_total` and `_info`. */
export function parseExposition(text: string, isOpenMetrics: boolean): Map<string, ParsedFamily> {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const lines = text.slice(0, -1).split('\n');
  if (isOpenMetrics) assert.equal(lines.pop(), '# EOF');
  const families = new Map<string, ParsedFamily>();
  let head: Record<string, string> = {};
  let family: ParsedFamily | undefined;
  for (const line of lines) {
    const [, key, name, rest] = /^# (TYPE|HELP|UNIT) (\S+) (.*)$/.exec(line) ?? [];
    if (key !== undefined && name !== undefined && rest !== undefined) {
      if (family !== undefined) head = {};
      family = undefined;
      assert.ok(head.name === undefined || head.name === name, line);
      assert.equal(head[key], undefined, line);
      head = { ...head, name, [key]: rest };
      continue;
    }
    family ??= begun(head, families);
    addSample(line, family, isOpenMetrics);
  }
  for (const { name, samples } of families.values()) assert.ok(samples.size > 0, name);
  return families;
}

/** All samples of all families. */
export function samplesOf(text: string): Map<string, number> {
  const isOpenMetrics = text.endsWith('# EOF\n');
  const families = [...parseExposition(text, isOpenMetrics).values()];
  return new Map(families.flatMap(({ samples }) => [...samples]));
}

function begun(head: Record<string, string>, families: Map<string, ParsedFamily>): ParsedFamily {
  const { name, TYPE: type, HELP: help, UNIT: unit } = head;
  assert.ok(name !== undefined && type !== undefined && help !== undefined, 'TYPE and HELP first');
  assert.ok(!families.has(name), `${name} comes twice`);
  assert.ok(unit === undefined || name.endsWith(`_${unit}`), `${name} is not in ${unit}`);
  const family = { name, type, unit, help: unescaped(help), samples: new Map<string, number>() };
  families.set(name, family);
  return family;
}

const samplePattern = /^([a-zA-Z_][a-zA-Z0-9_]*)(?:\{(.*)\})? (\S+)$/s;
const labelPattern = /^([a-z_]+)="((?:[^"\\]|\\[\\n"])*)"(?:,|$)/;

function addSample(line: string, { name, type, samples }: ParsedFamily, isOpen: boolean): void {
  const [, sample = '', labels = '', value = ''] = samplePattern.exec(line) ?? [];
  const suffix = isOpen ? (sampleSuffixes[type] ?? '') : '';
  const suffixes = type === 'histogram' ? histogramSuffixes : [suffix];
  assert.ok(suffixes.map((one) => `${name}${one}`).includes(sample), line);
  const key = `${sample}${labels === '' ? '' : `{${labelList(labels, line)}}`}`;
  assert.ok(!samples.has(key), `${key} comes twice`);
  samples.set(key, numberOf(value, line));
}

function labelList(text: string, line: string): string {
  const labels: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const [whole = '', name = '', value = ''] = labelPattern.exec(rest) ?? [];
    assert.ok(whole !== '', `no label: ${line}`);
    labels.push(`${name}="${unescaped(value)}"`);
    rest = rest.slice(whole.length);
  }
  return labels.join(',');
}

function unescaped(text: string): string {
  return text.replace(/\\([\\n"])/g, (_, character) => (character === 'n' ? '\n' : character));
}

function numberOf(text: string, line: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  assert.match(text, /^(NaN|-?[0-9.]+(e[+-]?[0-9]+)?)$/, line);
  return Number(text);
}
