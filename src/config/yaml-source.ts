// One YAML text to a located tree: anchors, aliases and merge keys resolved, variables set in,
// positions kept. Every fault of the text is a problem with line and column; nothing here throws.

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { Environment } from './environment.ts';
import {
  type LocatedEntry,
  type LocatedMap,
  type LocatedNode,
  mapOf,
  mergeNodes,
  nestedNode,
  type Position,
} from './located-tree.ts';
import type { ProblemList } from './problems.ts';
import { substitute } from './substitution.ts';
import { keyText, plainValue, retypedValue, scalarNode } from './yaml-scalar.ts';

export interface YamlText {
  /** How problems name it: a file name, `env:VAR`, `yaml`. */
  readonly source: string;
  readonly text: string;
  /** `a::b: c` stands for `a: { b: c }` at the top level. */
  readonly nestedKeys: boolean;
}

/** Undefined after a problem that leaves nothing to look at. */
export function readYaml(
  yaml: YamlText,
  environment: Environment,
  problems: ProblemList,
): LocatedMap | undefined {
  const root = new YamlReader(yaml, environment, problems).read();
  if (root === undefined || !yaml.nestedKeys) return root;
  return splitKeys(root);
}

/** A value on the command line (`--set key=VALUE`): no positions inside. */
export function readYamlValue(
  yaml: Omit<YamlText, 'nestedKeys'>,
  environment: Environment,
  problems: ProblemList,
): LocatedNode | undefined {
  return new YamlReader(yaml, environment, problems).readValue();
}

/** The largest configurations that people keep are some ten KiB. */
const textLengthMax = 1024 * 1024;

/** Aliases of aliases grow exponentially; no real configuration has this many values. */
const nodesMax = 20_000;

const depthMax = 32;

/** Where the library's words speak of its own functions. */
const knownFaults: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'only one document is read',
  RESOURCE_EXHAUSTION: 'nested too deep',
};

const coreTags: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

class YamlReader {
  readonly #source: string;
  readonly #text: string;
  readonly #environment: Environment;
  readonly #problems: ProblemList;
  readonly #lines = new LineCounter();
  // An alias means the anchor that was last defined before it; once found it stays, so that an
  // alias inside of an expanded alias means the same node again.
  readonly #anchors = new Map<string, unknown>();
  readonly #targets = new Map<Alias, unknown>();
  #nodeCount = 0;

  constructor(yaml: Omit<YamlText, 'nestedKeys'>, environment: Environment, problems: ProblemList) {
    this.#source = yaml.source;
    this.#text = yaml.text;
    this.#environment = environment;
    this.#problems = problems;
  }

  read(): LocatedMap | undefined {
    const root = this.readValue();
    if (root === undefined || root.kind === 'map') return root;
    if (root.kind === 'scalar' && root.value === null) return mapOf(root.position);
    this.#problems.add(root.position, 'must be a map of keys, as "receivers:" and "exporters:"');
    return undefined;
  }

  readValue(): LocatedNode | undefined {
    const document = this.#parse();
    if (document === undefined) return undefined;
    const root = this.#node(document.contents, this.#position(0), 0);
    return this.#nodeCount >= nodesMax ? undefined : root;
  }

  #parse(): Document | undefined {
    if (this.#text.length > textLengthMax) {
      this.#problem(0, `longer than ${textLengthMax} characters`);
      return undefined;
    }
    let document: Document;
    try {
      document = parseDocument(this.#text, {
        version: '1.2',
        schema: 'core',
        // Duplicate keys are looked for here: the library compares every key with every other one.
        uniqueKeys: false,
        // Pretty messages quote the text, which may hold a secret.
        prettyErrors: false,
        intAsBigInt: true,
        logLevel: 'error',
        lineCounter: this.#lines,
      });
    } catch {
      // The parser recurses: some ten thousand nested brackets exhaust its stack. It has no other
      // way to throw.
      this.#problem(0, 'cannot be parsed: nested too deep');
      return undefined;
    }
    for (const fault of [...document.errors, ...document.warnings]) {
      const text = knownFaults[fault.code] ?? fault.message.split('\n')[0] ?? '';
      this.#problem(fault.pos[0], `YAML: ${text}`);
    }
    if (document.directives?.yaml.version !== '1.2') {
      this.#problem(0, 'YAML: only version 1.2 is read');
    }
    return document.errors.length > 0 ? undefined : document;
  }

  #node(node: unknown, fallback: Position, depth: number): LocatedNode | undefined {
    this.#nodeCount += 1;
    if (this.#nodeCount === nodesMax) {
      this.#problems.add(fallback, `more than ${nodesMax} values, aliases expanded`);
    }
    if (this.#nodeCount >= nodesMax) return undefined;
    if (depth > depthMax) {
      this.#problems.add(fallback, `nested deeper than ${depthMax}`);
      return undefined;
    }
    const position = this.#positionOf(node, fallback);
    if (isAlias(node)) {
      const target = this.#target(node, position);
      return target === undefined ? undefined : this.#node(target, position, depth + 1);
    }
    this.#look(node, position);
    if (isMap(node)) return this.#map(node, position, depth);
    if (isSeq(node)) {
      const elements = node.items.map((element) => this.#node(element, position, depth + 1));
      return { kind: 'list', position, elements: elements.filter((one) => one !== undefined) };
    }
    if (isScalar(node)) return this.#scalar(node.value, node.source, position);
    return scalarNode(position, null, '', false);
  }

  /**
   * Remembers an anchor, and refuses tags that would make other values than YAML's core schema
   * has.
   */
  #look(node: unknown, position: Position): void {
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (node.tag !== undefined && !coreTags.has(node.tag)) {
      this.#problems.add(position, 'YAML: only the tags of the core schema are read');
    }
  }

  #target(alias: Alias, position: Position): unknown {
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (target === undefined) this.#problems.add(position, 'YAML: no anchor before this alias');
    else this.#targets.set(alias, target);
    return target;
  }

  #map(map: YAMLMap, position: Position, depth: number): LocatedMap {
    const entries = new Map<string, LocatedEntry>();
    const merged: LocatedNode[] = [];
    for (const pair of map.items) {
      if (!isPair(pair)) continue;
      const key = this.#key(pair, position);
      if (key === undefined) continue;
      const node = this.#node(pair.value, key.position, depth + 1);
      if (node === undefined) continue;
      if (key.text === '<<') {
        merged.push(...(node.kind === 'list' ? node.elements : [node]));
        continue;
      }
      const first = entries.get(key.text);
      if (first === undefined) entries.set(key.text, { keyPosition: key.position, node });
      else {
        const line = first.keyPosition.line ?? 0;
        this.#problems.add(key.position, `duplicate key "${key.text}", first in line ${line}`);
      }
    }
    // What stands in the map itself wins over what is merged in, and the first of several merged
    // maps over the next.
    for (const source of merged) {
      if (source.kind !== 'map') {
        this.#problems.add(source.position, '"<<" takes a map or a list of maps');
        continue;
      }
      for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry);
    }
    return mapOf(position, entries);
  }

  #key(pair: Pair, fallback: Position): { text: string; position: Position } | undefined {
    const position = this.#positionOf(pair.key, fallback);
    const target = isAlias(pair.key) ? this.#target(pair.key, position) : pair.key;
    this.#look(target, position);
    const text = isScalar(target) ? keyText(target.value, target.source) : undefined;
    if (text === undefined || text === '__proto__') {
      this.#problems.add(position, 'a key must be plain text');
      return undefined;
    }
    return { text, position };
  }

  #scalar(value: unknown, source: string | undefined, position: Position): LocatedNode {
    if (typeof value !== 'string')
      return scalarNode(position, plainValue(value), source ?? '', false);
    if (!value.includes('$')) return scalarNode(position, value, value, false);
    const { text, whole, changed, problems } = substitute(value, this.#environment);
    for (const problem of problems) this.#problems.add(position, problem);
    return scalarNode(position, whole ? retypedValue(text) : text, text, changed);
  }

  #positionOf(node: unknown, fallback: Position): Position {
    if (!isMap(node) && !isSeq(node) && !isScalar(node) && !isAlias(node)) return fallback;
    return node.range ? this.#position(node.range[0]) : fallback;
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { source: this.#source, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #problem(offset: number, text: string): void {
    this.#problems.add(this.#position(offset), text);
  }
}

function splitKeys(root: LocatedMap): LocatedMap {
  let result: LocatedNode = mapOf(root.position);
  for (const [key, { node }] of root.entries) {
    result = mergeNodes(result, nestedNode(key.split('::'), node));
  }
  return result.kind === 'map' ? result : root;
}
