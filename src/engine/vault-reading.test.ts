import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { GopherShipError } from '../errors.ts';
import { vaultAnswerMsMax, vaultPartMsMax } from '../limits.ts';
import type { VaultParts } from '../vault-facts/vault-question.ts';
import { type FilesThreadListener, VaultReading } from './vault-reading.ts';

const part = (doneBytes: number) => ({ kind: 'part', part: { doneBytes, totalBytes: 9 } }) as const;

function rig() {
  const clock = new FakeClock();
  const controller = new AbortController();
  const seen = { takenCount: 0, endCount: 0, freedCount: 0 };
  let listener: FilesThreadListener | undefined;
  let paused: string | undefined;
  const reading = new VaultReading<VaultParts['verify']>({
    ...{ clock, signal: controller.signal },
    whyPaused: () => paused,
    start(heard) {
      listener = heard;
      return {
        taken: () => {
          seen.takenCount += 1;
        },
        end: async () => {
          seen.endCount += 1;
        },
      };
    },
    ended: () => {
      seen.freedCount += 1;
    },
  });
  assert.ok(listener !== undefined);
  const pause = (why: string) => {
    paused = why;
  };
  return { clock, controller, seen, thread: listener, reading, pause };
}

async function codeOf(read: Promise<unknown>): Promise<string> {
  const error = await read.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof GopherShipError ? error.code : String(error);
}

const done = { done: true, value: undefined };

test('next() gives the parts in order, then the end', async () => {
  const { reading, thread } = rig();
  const waiting = reading.next();
  thread.said(part(1));
  thread.said(part(2));
  thread.said({ kind: 'end' });
  assert.deepEqual((await waiting).value, part(1).part);
  assert.deepEqual((await reading.next()).value, part(2).part);
  assert.deepEqual(await reading.next(), done);
  assert.deepEqual(await reading.next(), done);
});

test('a part counts as taken when the next one is asked for', async () => {
  const { reading, thread, seen } = rig();
  thread.said(part(1));
  await reading.next();
  assert.equal(seen.takenCount, 0);
  const waiting = reading.next();
  assert.equal(seen.takenCount, 1);
  thread.said(part(2));
  await waiting;
  assert.equal(seen.takenCount, 1);
});

test('the end of the answer ends the thread at once, whatever is still to be read', async () => {
  const { reading, thread, seen, clock } = rig();
  thread.said(part(1));
  thread.said({ kind: 'end' });
  assert.deepEqual([seen.endCount, seen.freedCount, clock.pendingCount], [1, 1, 0]);
  assert.deepEqual((await reading.next()).value, part(1).part);
});

test('a fault of the thread reaches the reader once, in place of what is unread', async () => {
  const { reading, thread, seen } = rig();
  thread.said(part(1));
  thread.said({ kind: 'fault', code: 'VAULT_FAILED', message: 'EIO' });
  thread.died(new Error('behind the fault'));
  assert.equal(await codeOf(reading.next()), 'VAULT_FAILED');
  assert.deepEqual(await reading.next(), done);
  assert.deepEqual([seen.endCount, seen.freedCount], [1, 1]);
});

test('a thread that dies is a fault for the reader that waits', async () => {
  const { reading, thread, seen } = rig();
  const waiting = codeOf(reading.next());
  thread.died(new Error('heap limit'));
  assert.equal(await waiting, 'Error: heap limit');
  assert.equal(seen.freedCount, 1);
});

test('the end of the call ends the thread, whether or not anybody reads', async () => {
  const idle = rig();
  idle.thread.said(part(1));
  idle.controller.abort(new Error('gone'));
  assert.equal(idle.seen.endCount, 1);
  assert.equal(await codeOf(idle.reading.next()), 'Error: gone');
  const waits = rig();
  const waiting = codeOf(waits.reading.next());
  waits.controller.abort(new Error('gone'));
  assert.equal(await waiting, 'Error: gone');
});

test('return() ends the thread', async () => {
  const { reading, seen, thread } = rig();
  thread.said(part(1));
  assert.deepEqual(await reading.return(), done);
  assert.equal(seen.endCount, 1);
  assert.deepEqual(await reading.next(), done);
});

test('memory that runs short ends it within a second, with the reason', async () => {
  const { reading, clock, pause, seen } = rig();
  const waiting = codeOf(reading.next());
  clock.advance(10_000);
  assert.equal(seen.endCount, 0);
  pause('the zone is Red');
  clock.advance(1_000);
  assert.equal(seen.endCount, 1);
  assert.equal(await waiting, 'CONTROL_READS_PAUSED');
});

test('a reader that takes nothing loses the thread; one that waits does not', async () => {
  const slow = rig();
  slow.thread.said(part(1));
  await slow.reading.next();
  slow.clock.advance(vaultPartMsMax);
  assert.equal(slow.seen.endCount, 0);
  slow.clock.advance(2_000);
  assert.equal(slow.seen.endCount, 1);
  assert.equal(await codeOf(slow.reading.next()), 'CONTROL_BUSY');
  const patient = rig();
  const waiting = patient.reading.next();
  patient.clock.advance(10 * vaultPartMsMax);
  assert.equal(patient.seen.endCount, 0);
  patient.thread.said(part(1));
  assert.equal((await waiting).done, false);
});

test('an answer has an end in any case', async () => {
  const { reading, clock, seen } = rig();
  const waiting = codeOf(reading.next());
  clock.advance(vaultAnswerMsMax + 2_000);
  assert.equal(seen.endCount, 1);
  assert.equal(await waiting, 'CONTROL_BUSY');
});
