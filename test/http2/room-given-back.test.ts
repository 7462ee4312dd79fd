// Scenario: clients that lie. They announce messages and break off, reset streams, leave, break the
// protocol, send nothing that they promised until its deadline passes, acknowledge no SETTINGS, and
// vanish in the middle of a frame, while memory is short and the engine answers now and then.
// Guarantees: whatever they have done, once they are gone nothing is held, expected or kept for any
// of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clientPreface } from '../../src/http2/frame-format.ts';
import { ReadCrowd } from '../../src/http2/read-crowd.ts';
import { exportPath } from '../../src/ingester/grpc-receiver.ts';
import { KiB } from '../../src/limits.ts';
import { Http2Rig } from '../support/http2-rig.ts';
import {
  dataFrame,
  goawayFrame,
  headerBlock,
  headersFrame,
  resetFrame,
  settingsFrame,
} from '../support/raw-frames.ts';
import { ReceiverHarness } from '../support/receiver-harness.ts';
import { testSeed } from '../support/seed.ts';

const fields = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':authority', 'localhost'],
  [':path', exportPath],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
] as const;
const block = headerBlock(fields);
const hurriedBlock = headerBlock([...fields, ['grpc-timeout', '500m']]);

const action = fc.record({
  who: fc.nat(4),
  what: fc.constantFrom('open', 'open', 'data', 'data', 'data', 'end', 'part', 'reset', 'goaway'),
  rare: fc.nat(60),
  which: fc.nat(8),
  sizeBytes: fc.constantFrom(1, 4, 900, 5_000, 16 * KiB),
  saidBytes: fc.constantFrom(0, 10, 3_000, 20_000, 200_000, 1_000_000, 0xffffffff),
});
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

class Liars {
  readonly harness = new ReceiverHarness({
    ...{ spanCount: 1, largePageCount: 17, landingSizeBytes: 128 * KiB },
  });
  readonly #crowd = new ReadCrowd(2);
  readonly #rigs: Http2Rig[] = [];
  /** Of streams, by connection. */
  readonly #lastIds = new WeakMap<Http2Rig, number>();
  /** Of the frame that was begun. */
  readonly #rests = new WeakMap<Http2Rig, Buffer>();

  constructor() {
    for (let who = 0; who < 5; who += 1) this.#rigs.push(this.#connect(who));
  }

  act({ who, what, rare, which, sizeBytes, saidBytes }: Action): void {
    const rig = this.#rigs[who]!; // of five
    const lastId = this.#lastIds.get(rig);
    const id = Math.max(1, (lastId ?? 1) - 2 * which);
    if (rare === 0 || rig.socket.isEnded) this.#rigs[who] = this.#again(rig, who);
    else if (rare === 1) this.#send(rig, Buffer.alloc(100, 0xff));
    else if (rare < 5) this.harness.finishOldest();
    else if (rare < 8) this.harness.clock.advance(rare < 7 ? 300 : 4_000);
    else if (what === 'open' || lastId === undefined) this.#open(rig, rare, saidBytes, sizeBytes);
    else if (what === 'reset') this.#send(rig, resetFrame(id, 8));
    else if (what !== 'goaway') {
      const frame = dataFrame(id, Buffer.alloc(sizeBytes), { endStream: what === 'end' });
      const sentBytes = what === 'part' ? 9 + Math.floor(sizeBytes / 2) : frame.length;
      this.#send(rig, frame.subarray(0, sentBytes));
      this.#rests.set(rig, frame.subarray(sentBytes));
    } else if (rare < 16) this.#send(rig, goawayFrame(0, 0));
    for (const each of this.#rigs) each.read();
  }

  async leave(): Promise<void> {
    const { harness } = this;
    for (const rig of this.#rigs) rig.close();
    while (harness.accepted.length > 0) harness.finishOldest();
    await harness.turn();
    assert.equal(harness.isAtRest, true, 'something is held');
    const { landing } = harness;
    landing.expect(landing.sizeBytes / 2); // no part of the pool is kept beside it
    assert.equal(landing.roomBytes, landing.sizeBytes / 2, 'something is expected');
    assert.equal(landing.newcomers.holderCount, 0, 'somebody has a place');
    assert.equal(landing.newcomers.isNew('CN=rig'), true);
  }

  #open(rig: Http2Rig, rare: number, saidBytes: number, sizeBytes: number): void {
    const streamId = rig.takeStreamId();
    this.#lastIds.set(rig, streamId);
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(saidBytes, 1);
    const headers = headersFrame(streamId, rare < 16 ? hurriedBlock : block);
    this.#send(rig, headers, dataFrame(streamId, prefix.subarray(0, Math.min(5, sizeBytes))));
  }

  #connect(who: number): Http2Rig {
    const { clock, landing, receiver } = this.harness;
    const shared = { clock, landing, crowd: this.#crowd, accept: receiver.accept };
    if (who > 0) return new Http2Rig(shared);
    const rig = new Http2Rig({ ...shared, settings: false });
    rig.send(clientPreface, settingsFrame());
    return rig;
  }

  #again(rig: Http2Rig, who: number): Http2Rig {
    rig.close();
    return this.#connect(who);
  }

  /** What a paused socket holds back is never sent. */
  #send(rig: Http2Rig, ...frames: readonly Uint8Array[]): void {
    if (rig.socket.isPaused || rig.socket.isDestroyed) return;
    rig.send(this.#rests.get(rig) ?? Buffer.alloc(0), ...frames);
    this.#rests.delete(rig);
  }
}

test('nothing is kept for clients that are gone, whatever they have done', async (context) => {
  const numRuns = Number(process.env.GOPHERSHIP_FUZZ_COUNT ?? 60);
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 150 }), async (actions) => {
      const liars = new Liars();
      for (const [index, each] of actions.entries()) {
        liars.act(each);
        if (index % 8 === 0) await liars.harness.turn();
      }
      await liars.leave();
    }),
    { seed: testSeed(context), numRuns },
  );
});
