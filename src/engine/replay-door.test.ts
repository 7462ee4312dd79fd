import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abandoned, delivered, rejected } from '../../test/support/scripted-destination.ts';
import { createDoorsRig, popAll } from '../../test/support/vault-doors-rig.ts';
import { DoneKind } from '../vault/hand-over.ts';

test('ReplayDoor sends each entry to its consumer and says how it ended', () => {
  const { replay, links, destinations } = createDoorsRig();
  const outcomes = [{ ...delivered, rejectedRecords: 2 }, rejected, abandoned];
  const ends = [DoneKind.Delivered, DoneKind.Rejected, DoneKind.Again];
  for (const token of outcomes.keys()) {
    links.fromReplay(0).push(4_096 * token, 100 + token, token, 1, 2, 5, 30 + token, 1);
  }
  replay.wake();
  const [a, b] = destinations;
  assert.equal(a?.deliveries.length, 0);
  const third = b?.open[2]?.batch;
  assert.ok(third !== undefined);
  const { bodyOffsetBytes, bodyLengthBytes, resourceCount, recordCount } = third;
  assert.deepEqual(
    [bodyOffsetBytes, bodyLengthBytes, resourceCount, recordCount],
    [8_192, 102, 2, 5],
  );
  for (const outcome of outcomes) b?.open[0]?.settle(outcome);
  assert.deepEqual(
    popAll(links.toReplay(0)),
    outcomes.map(({ rejectedRecords }, token) => [
      ...[ends[token], token, 1, 30 + token, 1, rejectedRecords, 0, 0],
    ]),
  );
  assert.equal(replay.outCount, 0);
});

test('ReplayDoor gives back what cannot be sent now, and all of it when it drains', async () => {
  const { replay, links, destinations } = createDoorsRig();
  const [a, b] = destinations;
  assert.ok(a !== undefined && b !== undefined);
  a.refusing = { code: 'QUEUE_FULL', message: 'full', retryDelayMs: 500 };
  for (const token of [1, 2, 3])
    links.fromReplay(0).push(4_096, 100, token, token === 1 ? 0 : 1, 1, 5, 1, 0);
  replay.wake();
  const ended = () => popAll(links.toReplay(0)).map(([kind, token]) => [kind, token]);
  assert.deepEqual(ended(), [[DoneKind.Again, 1]]);
  const underWay = b.open[0];
  assert.ok(underWay !== undefined);
  underWay.sending = true;
  let isDrained = false;
  const drained = replay.drain(2_000).then(() => {
    isDrained = true;
  });
  assert.deepEqual(ended(), [[DoneKind.Again, 3]]);
  links.fromReplay(0).push(4_096, 100, 4, 1, 1, 5, 1, 0);
  replay.wake();
  await new Promise(setImmediate);
  assert.equal(isDrained, false, 'one is under way');
  underWay.settle(delivered);
  assert.deepEqual(ended(), [
    [DoneKind.Again, 4],
    [DoneKind.Delivered, 2],
  ]);
  await drained;
  await replay.drain(2_000); // with nothing under way
});

test('drain() waits for answers no longer than its grace, and not after drainNow()', async () => {
  for (const end of ['grace', 'now'] as const) {
    const { replay, links, destinations, clock } = createDoorsRig();
    links.fromReplay(0).push(4_096, 100, 1, 1, 1, 5, 1, 0);
    replay.wake();
    const underWay = destinations[1]?.open[0];
    assert.ok(underWay !== undefined);
    underWay.sending = true;
    let isDrained = false;
    const drained = replay.drain(2_000).then(() => {
      isDrained = true;
    });
    clock.advance(1_999);
    await new Promise(setImmediate);
    assert.equal(isDrained, false);
    if (end === 'now') replay.drainNow();
    else clock.advance(1);
    await drained;
    assert.equal(replay.outCount, 1);
  }
});
