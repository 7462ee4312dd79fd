// A made-up world for the configuration loader: files and variables as plain objects, a host of
// known size, and the result as lists that a test can compare.

import assert from 'node:assert/strict';
import type { Config } from '../../src/config/config.ts';
import type { ConfigSections } from '../../src/config/effective-yaml.ts';
import type { Environment, HostFacts } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { ConfigErrors } from '../../src/config/problems.ts';
import { MiB } from '../../src/limits.ts';

/** 2 CPUs and 8 GiB without a cgroup: limit 256 MiB, one shard, 64 MiB of arena, 8 MiB messages. */
export const testHost: HostFacts = {
  cpuCount: 2,
  memoryTotalBytes: 8192 * MiB,
  cgroupLimitBytes: undefined,
  arenaSizeBytes: (memory) => memory.limitBytes / 4,
  messageSizeBytesDefault: (arenaSizeBytes) => arenaSizeBytes / 8,
  segmentSizeBytesMin: (messageSizeBytes) => messageSizeBytes + MiB / 2,
};

export interface World {
  readonly files?: Readonly<Record<string, string>>;
  /** Files that exist and may not be read. */
  readonly locked?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly sources?: readonly string[];
  readonly sets?: readonly string[];
  readonly host?: Partial<HostFacts>;
}

export interface Loaded {
  /** Undefined when there are problems. */
  readonly config: Config | undefined;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly sources: readonly string[];
  readonly sections?: ConfigSections;
}

/** Throws what loadConfig() throws, unless it is ConfigErrors. */
export function loadWorld(world: World): Loaded {
  const request = { sources: world.sources ?? [], sets: world.sets ?? [] };
  try {
    const loaded = loadConfig(request, environmentOf(world), { ...testHost, ...world.host });
    return { problems: [], ...loaded };
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error;
    return { config: undefined, problems: error.problems, warnings: [], sources: [] };
  }
}

/** One file, named g.yaml. */
export function loadText(text: string, world: World = {}): Loaded {
  const files = { ...world.files, 'g.yaml': text };
  return loadWorld({ ...world, files, sources: ['g.yaml', ...(world.sources ?? [])] });
}

export function environmentOf(world: World): Environment {
  const { files = {}, variables = {} } = world;
  return {
    variables,
    readFile(path) {
      const text = Object.hasOwn(files, path) ? files[path] : undefined;
      if (text !== undefined) return text;
      const code = world.locked?.includes(path) ? 'EACCES' : 'ENOENT';
      throw Object.assign(new Error(`${code}, open ${path}`), { code });
    },
  };
}

/**
 * Loads one file and compares all that is said about it, problems or else warnings. Each "«" in
 * the text marks where one of them has to point, in reading order; so a row shows its places
 * without counting columns.
 */
export function checkSaid(text: string, expected: readonly string[], world: World = {}): void {
  const places: string[] = [];
  const lines = text.split('\n').map((line, lineIndex) => {
    const [first = '', ...rest] = line.split('«');
    return rest.reduce((before, after) => {
      places.push(`g.yaml:${lineIndex + 1}:${before.length + 1}`);
      return before + after;
    }, first);
  });
  const { problems, warnings } = loadText(lines.join('\n'), world);
  const said = problems.length > 0 ? problems : warnings;
  const wanted = expected.map((line, index) => `${places[index] ?? 'nowhere'}: ${line}`);
  assert.deepEqual(said, wanted, text);
  assert.equal(places.length, expected.length, `marks in ${text}`);
}

/** Parts of a small valid configuration, which a test replaces or adds to. */
export interface Parts {
  readonly tls?: string;
  readonly grpc?: string;
  readonly protocols?: string;
  readonly processors?: string;
  readonly exporters?: string;
  readonly pipeline?: string;
  readonly service?: string;
  readonly more?: string;
}

/**
 * Flow maps, so that a part is one line: line 2 receivers, 3 processors, 4 exporters, 5 service,
 * then `more`.
 */
export function configText(parts: Parts = {}): string {
  const tls = parts.tls ?? 'client_ca_file: /ca, cert_file: /cert, key_file: /key';
  const protocols = parts.protocols ?? `grpc: { tls: { ${tls} }${also(parts.grpc)} }`;
  const pipeline =
    parts.pipeline ??
    `receivers: [otlp], processors: [${firstName(parts.processors ?? '')}], exporters: [e]`;
  const exporters = parts.exporters ?? 'file/e: { path: /out.jsonl }';
  const logs = pipeline.replace('[e]', `[${firstName(exporters)}]`);
  return [
    '# test',
    `receivers: { otlp: { protocols: { ${protocols} } } }`,
    `processors: { ${parts.processors ?? ''} }`,
    `exporters: { ${exporters} }`,
    `service: { pipelines: { logs: { ${logs} } }${also(parts.service)} }`,
    parts.more ?? '',
  ].join('\n');
}

function also(part: string | undefined): string {
  return part === undefined ? '' : `, ${part}`;
}

function firstName(part: string): string {
  return /^[\w/]+/.exec(part.replaceAll('«', ''))?.[0] ?? '';
}
