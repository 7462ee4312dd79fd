// Where the configuration comes from: --config sources, --set, else the places that are looked at
// without any. What is found is one merged tree.

import { defaultSourceText } from './built-in-config.ts';
import { type Environment, readText, variable } from './environment.ts';
import {
  type LocatedMap,
  type LocatedNode,
  mapOf,
  mergeNodes,
  nestedNode,
  type Position,
} from './located-tree.ts';
import type { ProblemList } from './problems.ts';
import { readYaml, readYamlValue } from './yaml-source.ts';

/** As on the command line, in order. */
export interface ConfigRequest {
  /** `--config`: a path, `file:PATH`, `env:VAR` or `yaml:a::b: c`. */
  readonly sources: readonly string[];
  /** `--set`: `a.b=c`, set after all sources. */
  readonly sets: readonly string[];
}

export interface MergedSources {
  readonly root: LocatedMap;
  /** What was read, for the log. */
  readonly names: readonly string[];
}

export const systemConfigPath = '/etc/gophership/gophership.yaml';

/** Undefined after a problem that leaves nothing to check. */
export function readSources(
  request: ConfigRequest,
  environment: Environment,
  problems: ProblemList,
): MergedSources | undefined {
  const texts = sourceTexts(request.sources, environment, problems);
  let root: LocatedNode = mapOf({ source: 'configuration', line: undefined, column: undefined });
  let readable = texts.length > 0;
  for (const text of texts) {
    const tree = readYaml(text, environment, problems);
    if (tree === undefined) readable = false;
    else root = mergeNodes(root, tree);
  }
  for (const set of request.sets) {
    const tree = readSet(set, environment, problems);
    if (tree !== undefined) root = mergeNodes(root, tree);
  }
  if (!readable || root.kind !== 'map') return undefined;
  return { root, names: [...texts.map(({ source }) => source), ...request.sets.map(setName)] };
}

interface SourceText {
  readonly source: string;
  readonly text: string;
  readonly nestedKeys: boolean;
}

const sourcesMax = 64;

function sourceTexts(
  configs: readonly string[],
  environment: Environment,
  problems: ProblemList,
): readonly SourceText[] {
  const named = variable(environment, 'GOPHERSHIP_CONFIG');
  const written = configs.length === 0 && named !== undefined ? [named] : configs;
  if (written.length === 0) return unnamedText(environment, problems);
  if (written.length > sourcesMax) {
    problems.add(nowhere('--config'), `more than ${sourcesMax} sources`);
    return [];
  }
  const texts = written.map((one) => sourceText(one, environment, problems));
  return texts.every((one) => one !== undefined) ? texts : [];
}

function sourceText(
  written: string,
  environment: Environment,
  problems: ProblemList,
): SourceText | undefined {
  const [, scheme, rest = ''] = /^([a-z]{2,}):(.*)$/s.exec(written) ?? [];
  switch (scheme) {
    case 'yaml':
      return { source: 'yaml', text: rest, nestedKeys: true };
    case 'env': {
      const text = variable(environment, rest);
      if (text !== undefined) return { source: written, text, nestedKeys: false };
      problems.add(nowhere(written), 'the variable is not set');
      return undefined;
    }
    case 'http':
    case 'https':
      problems.add(nowhere(`${scheme}:`), 'refused: configurations are not fetched');
      return undefined;
    default: {
      const path = scheme === 'file' ? rest : written;
      const file = readText(environment, path);
      if ('text' in file) return { source: path, text: file.text, nestedKeys: false };
      problems.add(nowhere(path), `cannot be read: ${file.failure}`);
      return undefined;
    }
  }
}

function unnamedText(environment: Environment, problems: ProblemList): readonly SourceText[] {
  const file = readText(environment, systemConfigPath);
  if ('text' in file) return [{ source: systemConfigPath, text: file.text, nestedKeys: false }];
  if (file.failure !== 'ENOENT') {
    problems.add(nowhere(systemConfigPath), `cannot be read: ${file.failure}`);
    return [];
  }
  const text = defaultSourceText(environment);
  if (text !== undefined) return [{ source: 'built-in', text, nestedKeys: false }];
  problems.add(
    nowhere('no configuration'),
    `give --config FILE, set GOPHERSHIP_CONFIG, write ${systemConfigPath}, ` +
      'or set OTEL_EXPORTER_OTLP_ENDPOINT',
  );
  return [];
}

function readSet(
  set: string,
  environment: Environment,
  problems: ProblemList,
): LocatedNode | undefined {
  const [, key = '', text = ''] = /^([^=]+)=(.*)$/s.exec(set) ?? [];
  const keys = key.split('.');
  const position = nowhere(setName(set));
  if (keys.some((one) => one === '' || one === '__proto__') || keys.length > 16) {
    problems.add(position, 'must be key=value, as memory.limit_mib=256');
    return undefined;
  }
  const value = readYamlValue({ source: setName(set), text }, environment, problems);
  return value && nestedNode(keys, unlined(value, position));
}

/** The value may be a secret, so only the key names a --set. */
function setName(set: string): string {
  const key = /^[^=]{1,200}=/.exec(set)?.[0].slice(0, -1);
  return key === undefined ? '--set' : `--set ${key}`;
}

function nowhere(source: string): Position {
  return { source, line: undefined, column: undefined };
}

/** Line and column mean nothing on a command line. */
function unlined(node: LocatedNode, position: Position): LocatedNode {
  switch (node.kind) {
    case 'scalar':
      return { ...node, position };
    case 'list':
      return { ...node, position, elements: node.elements.map((one) => unlined(one, position)) };
    case 'map':
      return mapOf(
        position,
        new Map(
          [...node.entries].map(([key, entry]) => [
            key,
            { keyPosition: position, node: unlined(entry.node, position) },
          ]),
        ),
      );
  }
}
