// Scenario: somebody reloads an engine that has only begun to start.
// Guarantees: it starts, and the configuration is read again once it runs.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { engineConfig } from '../interop/interop-pipeline.ts';
import { writeTo } from '../support/certificates.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('SIGHUP while the engine starts is a reload once it runs', async (context) => {
  const directory = temporaryDirectory('early-reload');
  context.after(() => directory.remove());
  const config = join(directory.path, 'gophership.yaml');
  writeFileSync(config, stringify(engineConfig(await writeTo(directory.path), { debug: {} })));
  const engine = startProcess({
    name: 'gophership',
    command: new URL('../../bin/gophership', import.meta.url).pathname,
    args: ['run', '--config', config, '--set', 'control.endpoint=127.0.0.1:0'],
    directory: directory.path,
  });
  context.after(() => engine.kill());
  // The control port listens first.
  await engine.waitForLine((line) => line.includes('"transport":"control"'), 'its first line');
  engine.signal('SIGHUP');
  await engine.waitForLine((line) => line.includes('configuration again'), 'the reload');
  assert.ok(engine.lines.some((line) => line.includes('"transport":"grpc"')));
  assert.equal(await engine.stop(), 0);
});
