import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../test/support/config-fixtures.ts';
import type { Config } from '../config/config.ts';
import { defaultConfigYaml } from '../config/default-config.ts';
import { planReload } from './reload-plan.ts';

const text = defaultConfigYaml({
  ...{ ca: '/ca.pem', cert: '/cert.pem', key: '/key.pem', output: '/logs.jsonl' },
  vault: '/vault',
});

function configOf(more = '', changed: readonly [string, string] = ['', '']): Config {
  const { config, problems } = loadText(`${text.replace(...changed)}\n${more}`);
  assert.deepEqual(problems, []);
  assert.ok(config !== undefined);
  return config;
}

test('planReload() takes over pace and zones, and names what needs a restart', () => {
  const unchanged = { needRestart: [], changesReplay: false, changesZones: false };
  assert.deepEqual(planReload(configOf(), configOf()), unchanged);
  assert.deepEqual(planReload(configOf(), configOf('replay: { rate: 1MiB/s, order: newest }')), {
    ...unchanged,
    changesReplay: true,
  });
  assert.deepEqual(planReload(configOf('zones: { force: red }'), configOf()), {
    ...unchanged,
    changesZones: true,
  });
  assert.deepEqual(planReload(configOf(), configOf('zones: { red_dwell: 9s }')), {
    ...unchanged,
    changesZones: true,
  });
  assert.deepEqual(planReload(configOf(), configOf('', ['limit: 1GiB', 'limit: 2GiB'])), {
    ...unchanged,
    needRestart: ['vault'],
  });
  assert.deepEqual(
    planReload(
      configOf('memory: { limit_mib: 300 }'),
      configOf('memory: { limit_mib: 301 }', ['127.0.0.1:4317', '127.0.0.1:4320']),
    ).needRestart,
    ['receivers', 'exporters', 'memory'],
    'sizes of queues follow the limit',
  );
});
