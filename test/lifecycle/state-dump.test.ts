// Scenario: somebody beside a running engine, without a certificate, sends SIGUSR2.
// Guarantees: the log has every part of the engine with the numbers of /metrics, again with each
// signal; the engine goes on and serves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineConfig } from '../interop/interop-pipeline.ts';
import { writeTo } from '../support/certificates.ts';
import { startEngine } from '../support/engine-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('SIGUSR2 puts the state into the log, as often as it comes', async (context) => {
  const files = temporaryDirectory('state-dump');
  context.after(() => files.remove());
  const certificates = await writeTo(files.path);
  const engine = await startEngine({
    config: {
      ...engineConfig(certificates, { debug: {} }),
      zones: { force: 'yellow' },
    },
  });
  context.after(() => engine.kill());
  for (const times of [1, 2]) {
    engine.signal('SIGUSR2');
    const states = () => engine.logs().filter(({ msg }) => msg === 'state');
    const processLines = () => states().filter(({ part }) => part === 'process');
    await engine.waitForLog(() => processLines().length === times, 'the last of its parts');
    const fields = Object.assign({}, ...states());
    assert.equal(fields['zone{zone=yellow}'], 1);
    assert.equal(fields.ingester_inflight_batches, 0);
    assert.ok(fields.process_resident_memory_bytes > 0);
    assert.ok(!Object.keys(fields).some((name) => name.includes('_bucket')));
  }
  assert.equal(await engine.stop(), 0);
});
