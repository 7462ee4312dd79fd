// Scenario: a good client sends as much as it can, over a server that makes bodies wait for memory
// and answers late and out of order.
// Guarantees: load never becomes an error of the stream or of the connection, and every request is
// answered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerStream, StreamHandler } from '../../src/http2/server-stream.ts';
import { Http2Rig, RigHandler } from '../support/http2-rig.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { GoodClient } from './good-client.ts';

const loadMs = 2_500;
const concurrentStreamsMax = 256;

test('a good client never sees an error because of load', (context) => {
  const random = new SeededRandom(testSeed(context));
  const server = new LateServer(random);
  const rig = new Http2Rig({ accept: (stream) => server.accept(stream), concurrentStreamsMax });
  const client = new GoodClient(rig, random, concurrentStreamsMax);
  const endMs = performance.now() + loadMs;
  for (let turn = 1; performance.now() < endMs || client.openCount > 0; turn += 1) {
    const isOver = performance.now() >= endMs;
    client.work(!isOver);
    server.work(isOver);
    client.read();
    rig.clock.advance(10);
    if (turn % 100 === 0) client.ping(); // one a second
    if (turn % 10 === 0) client.cancelOne(); // ten a second
    assert.ok(turn < 1_000_000, `${client.openCount} requests are never answered`);
  }
  const { answeredCount, cancelledCount, pongCount } = client;
  context.diagnostic(`${answeredCount} answered, ${cancelledCount} cancelled, ${pongCount} PINGs`);
  assert.deepEqual(rig.abuse, {});
  assert.ok(answeredCount > 20_000, `${answeredCount}`);
  assert.equal(server.closedCount, answeredCount + cancelledCount);
  assert.deepEqual([rig.connection.credit.heldBytes, rig.connection.credit.promisedBytes], [0, 0]);
});

/** Lets one body in three wait before it gets its memory, and every request for its answer. */
class LateServer {
  closedCount = 0;
  readonly #random: SeededRandom;
  readonly #waiting: ServerStream[] = [];
  readonly #complete: RigHandler[] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  accept(stream: ServerStream): StreamHandler {
    const handler = new RigHandler(stream, false);
    const waits = this.#random.oneIn(3);
    if (!waits) stream.expect(100_000);
    let isFirst = true;
    return {
      data: (_source, from, to) => {
        if (waits) stream.hold(to - from);
        if (waits && isFirst) this.#waiting.push(stream);
        isFirst = false;
      },
      end: () => void this.#complete.push(handler),
      closed: () => {
        this.closedCount += 1;
      },
    };
  }

  work(finishes: boolean): void {
    const count = finishes ? Number.POSITIVE_INFINITY : this.#random.below(300);
    for (let granted = 0; granted < count; granted += 1) {
      const stream = this.#waiting.shift();
      if (stream === undefined) break;
      stream.expect(100_000);
    }
    for (let answered = 0; answered < count && this.#complete.length > 0; answered += 1) {
      const [handler] = this.#complete.splice(this.#random.below(this.#complete.length), 1);
      handler?.answer();
    }
  }
}
