// Scenario: producers open as many streams as a connection may have, on as many connections as
// there are places, and send nothing more; first with header lists as long as they may be, then
// with the usual ones. Guarantees: the engine lives, its memory stays within what the limit allows
// for connections, and whoever has few requests open is served all the while.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiB, MiB } from '../../src/limits.ts';
import { headerBlock, headersFrame } from '../support/raw-frames.ts';
import type { RawHttp2Client } from '../support/raw-http2-client.ts';
import { exportBlock, okBody, oneRecordMessage, startSoak } from './soak-rig.ts';

const streamsPerConnection = 256;
const connectionCount = 60; // of 64 at this limit
const debug = { debug: { verbosity: 'basic', sampling_initial: 1, sampling_thereafter: 1e6 } };

for (const [what, block] of [
  ['long header lists', (index: number) => longBlock(index)],
  ['usual headers', () => exportBlock],
] as const) {
  test(`the engine lives while ${connectionCount * streamsPerConnection} requests with ${what} are open`, async (context) => {
    const rig = await startSoak(context, () => debug);
    const before = rig.engine.usage().rssBytes;
    const watcher = await rig.connect();
    const clients: RawHttp2Client[] = [];
    let opened = 0;
    for (let connection = 0; connection < connectionCount; connection += 1) {
      const client = await rig.connect();
      clients.push(client);
      for (let stream = 0; stream < streamsPerConnection; stream += 1) {
        client.write(headersFrame(client.takeStreamId(), block(opened)));
        opened += 1;
      }
      await client.roundTrip();
      const answer = await watcher.request(exportBlock, oneRecordMessage(100));
      assert.deepEqual(answer.body, okBody);
    }
    const grownBytes = rig.engine.usage().rssBytes - before;
    context.diagnostic(`${Math.round(grownBytes / MiB)} MiB more`);
    assert.ok(grownBytes < 64 * MiB, `${Math.round(grownBytes / MiB)} MiB`);
    for (const client of clients) client.destroy();
    await rig.stop();
  });
}

/** No two are the same, so that none can be shared. */
function longBlock(index: number): Uint8Array {
  return Buffer.concat([
    exportBlock,
    headerBlock([['x-long', String(index).padEnd(15 * KiB, 'x')]]),
  ]);
}
