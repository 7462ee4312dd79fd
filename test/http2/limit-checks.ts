// What the tests of the table of abuses say again and again.

import assert from 'node:assert/strict';
import { answerLines, type Http2Rig } from '../support/http2-rig.ts';
import { pingFrame } from '../support/raw-frames.ts';

/** The connection is over, for this reason, and everybody was told. */
export function checkCalm(rig: Http2Rig, counter: string, error = 'ENHANCE_YOUR_CALM'): void {
  const said = rig.read();
  assert.match(said.at(-1) ?? 'nothing', new RegExp(`^GOAWAY \\d+ ${error}$`));
  assert.equal(said.filter((line) => line.startsWith('GOAWAY')).length, 1);
  assert.deepEqual(rig.abuse, { [counter]: 1 });
  assert.equal(rig.socket.isEnded, true);
  assert.deepEqual(
    rig.handlers.map((handler) => handler.closedCount),
    rig.handlers.map(() => 1),
  );
  rig.send(pingFrame());
  assert.deepEqual(rig.read(), [], 'a connection that has failed says no more');
  rig.close();
  assert.equal(rig.clock.pendingCount, 0);
}

/** The connection works, and nothing was counted. */
export function checkFine(rig: Http2Rig): void {
  rig.read();
  assert.deepEqual(rig.abuse, {});
  checkWorks(rig);
}

export function checkWorks(rig: Http2Rig): void {
  const streamId = rig.post(new Uint8Array(100));
  assert.deepEqual(rig.read(), answerLines(streamId));
}

export function repeat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
