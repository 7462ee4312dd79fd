// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configText, loadWorld, type World } from '../../test/support/config-fixtures.ts';
import { MiB } from '../limits.ts';

const base = configText();
const limit = (mib: number) => `memory: { limit_mib: ${mib} }`;

interface Expected {
  readonly limitMiB?: number;
  readonly sources?: readonly string[];
  readonly problems?: readonly string[];
}

function check(rows: readonly (readonly [World, Expected])[]): void {
  for (const [world, expected] of rows) {
    const loaded = loadWorld(world);
    const actual = {
      problems: loaded.problems,
      ...('limitMiB' in expected
        ? { limitMiB: (loaded.config?.memory.limitBytes ?? 0) / MiB }
        : {}),
      ...('sources' in expected ? { sources: loaded.sources } : {}),
    };
    assert.deepEqual(actual, { problems: [], ...expected }, JSON.stringify(world));
  }
}

test('readSources() merges all kinds of sources from left to right, then --set', () => {
  const files = { '/a.yaml': base, '/b.yaml': limit(100) };
  const variables = { MORE: limit(101) };
  check([
    [
      { files, sources: ['/a.yaml'] },
      { limitMiB: 256, sources: ['/a.yaml'] },
    ],
    [{ files, sources: ['file:/a.yaml', '/b.yaml'] }, { limitMiB: 100 }],
    [{ files, variables, sources: ['/a.yaml', '/b.yaml', 'env:MORE'] }, { limitMiB: 101 }],
    [{ files, variables, sources: ['/a.yaml', 'env:MORE', '/b.yaml'] }, { limitMiB: 100 }],
    [{ files, sources: ['/a.yaml', 'yaml:memory::limit_mib: 102'] }, { limitMiB: 102 }],
    [
      {
        files,
        sources: ['/a.yaml', 'yaml:memory::limit_mib: 102'],
        sets: ['memory.limit_mib=103'],
      },
      { limitMiB: 103, sources: ['/a.yaml', 'yaml', '--set memory.limit_mib'] },
    ],
    [
      { files, sources: ['/a.yaml'], sets: ['memory.limit_mib=1', 'memory={ limit_mib: 104 }'] },
      { limitMiB: 104 },
    ],
    [
      { files, variables: { L: '105' }, sources: ['/a.yaml'], sets: ['memory.limit_mib=${env:L}'] },
      { limitMiB: 105 },
    ],
    [{ files, sources: ['/a.yaml', '/b.yaml'], sets: ['memory.limit_mib='] }, { limitMiB: 256 }],
  ]);
});

test('readSources() merges maps, replaces lists, and takes null as the default', () => {
  const file = 'file/f: { path: /f }';
  const second = [
    `exporters: { ${file} }`,
    'service: { pipelines: { logs: { exporters: [file/f] } } }',
    'processors: { batch: }',
  ].join('\n');
  const { config, problems, warnings } = loadWorld({
    files: { '/a.yaml': configText({ processors: 'batch: { timeout: 1s }' }), '/b.yaml': second },
    sources: ['/a.yaml', '/b.yaml'],
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(
    config?.exporters.map(({ id, queue }) => [id, queue.batch.flushTimeoutMs]),
    [['file/f', 200]],
  );
  assert.deepEqual(warnings, [
    '/a.yaml:4:14: exporters.file/e: not used: service.pipelines.logs.exporters does not name it',
  ]);
});

test('readSources() points into the source that wrote the value', () => {
  check([
    [
      {
        files: { '/a.yaml': base, '/b.yaml': '\n memory:\n  limit_mib: 1\n  shard: 1' },
        sources: ['/a.yaml', '/b.yaml', 'yaml:memory::shards: 0', 'env:V'],
        variables: { V: 'zones: { force: x }' },
        sets: ['telemetry.logs.format=xml', 'exporters.file/e.pth=x'],
      },
      {
        problems: [
          '/b.yaml:3:14: memory.limit_mib: must be from 64 to 4096, is "1"',
          '/b.yaml:4:3: memory.shard: unknown, did you mean "shards"?',
          'yaml:1:17: memory.shards: must be from 1 to 8, is "0"',
          'env:V:1:17: zones.force: must be none or green or yellow or red, is "x"',
          '--set telemetry.logs.format: telemetry.logs.format: must be json or text or auto, ' +
            'is "xml"',
          '--set exporters.file/e.pth: exporters.file/e.pth: unknown, did you mean "path"?',
        ],
      },
    ],
  ]);
});

test('readSources() leaves a merged map where it was first written', () => {
  const first = configText({ exporters: 'file/e: { rotation: { max_backups: 1 } }' });
  const second = 'exporters: { file/e: { rotation: { max_megabytes: 1 } } }';
  const files = { '/a.yaml': first, '/b.yaml': second };
  check([
    [
      { files, sources: ['/a.yaml', '/b.yaml'], sets: ['exporters.file/e.required=true'] },
      { problems: ['/a.yaml:4:14: exporters.file/e.path: required'] },
    ],
  ]);
});

test('readSources() looks at GOPHERSHIP_CONFIG, then /etc, then the OTEL_ variables', () => {
  const system = '/etc/gophership/gophership.yaml';
  const files = { '/a.yaml': base, [system]: `${base}${limit(100)}` };
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'https://c.example.com';
  check([
    [
      { files, variables: { GOPHERSHIP_CONFIG: '/a.yaml' } },
      { limitMiB: 256, sources: ['/a.yaml'] },
    ],
    [
      { files, variables: { GOPHERSHIP_CONFIG: '' } },
      { limitMiB: 100, sources: [system] },
    ],
    [{ files, sources: ['/a.yaml'], variables: { GOPHERSHIP_CONFIG: '/x' } }, { limitMiB: 256 }],
    [{ variables: { OTEL_EXPORTER_OTLP_ENDPOINT } }, { limitMiB: 256, sources: ['built-in'] }],
    [
      {},
      {
        problems: [
          'no configuration: give --config FILE, set GOPHERSHIP_CONFIG, ' +
            `write ${system}, or set OTEL_EXPORTER_OTLP_ENDPOINT`,
        ],
      },
    ],
  ]);
});

test('readSources() says what it cannot read', () => {
  const files = { '/a.yaml': base };
  const locked = ['/etc/gophership/gophership.yaml'];
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c.example.com' };
  check([
    [
      { locked, variables },
      { problems: ['/etc/gophership/gophership.yaml: cannot be read: EACCES'] },
    ],
    [
      { files, sources: ['/no.yaml', '/a.yaml', 'env:NO'] },
      { problems: ['/no.yaml: cannot be read: ENOENT', 'env:NO: the variable is not set'] },
    ],
    [
      { sources: ['https://example.com/a.yaml'] },
      { problems: ['https:: refused: configurations are not fetched'] },
    ],
    [
      { files, sources: ['/a.yaml'], sets: ['novalue', 'a..b=1', '=1'] },
      {
        problems: [
          '--set: must be key=value, as memory.limit_mib=256',
          '--set a..b: must be key=value, as memory.limit_mib=256',
        ],
      },
    ],
    [
      { files: { '/a.yaml': `${base}\na: [` }, sources: ['/a.yaml'], sets: ['memory.shards=[1'] },
      {
        problems: [
          '/a.yaml:7:5: YAML: Flow sequence in block collection must be sufficiently indented ' +
            'and end with a ]',
          '--set memory.shards:1:3: YAML: Flow sequence must end with a ]',
        ],
      },
    ],
  ]);
});
