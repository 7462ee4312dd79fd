import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { keptLog } from '../../test/support/kept-log.ts';
import { folder, makeVault, temporary } from '../../test/support/vault-command-rig.ts';
import { systemClock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import type { VaultQuestion } from '../vault-facts/vault-question.ts';
import { VaultFiles } from './vault-files.ts';
import type { FilesThreadListener } from './vault-reading.ts';

after(() => temporary.remove());

const list = { kind: 'list', segmentsMax: 10 } as const;
const verify = { kind: 'verify' } as const;

/** Threads that the test speaks for; each is freed when the test says so. */
function rig() {
  const threads: { heard: FilesThreadListener; kind: string; freed(): void }[] = [];
  const state: { paused?: string; missing?: string } = {};
  const { log, lines } = keptLog();
  const clock = new FakeClock();
  const files = new VaultFiles(
    {
      ...{ path: '/v', clock, log },
      whyPaused: () => state.paused,
      whyNoThread: () => state.missing,
    },
    ({ question }, heard) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      threads.push({ heard, kind: question.kind, freed: resolve });
      return { taken() {}, end: () => promise };
    },
  );
  return { files, threads, state, lines, clock };
}

const never = new AbortController().signal;
const turn = () => new Promise(setImmediate);

function faultOf(call: () => unknown): { code: string; message: string } {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof GopherShipError);
    return error;
  }
  return assert.fail('there was no fault');
}

test('ask() answers one question at a time, and says what it is busy with', async () => {
  const { files, threads, clock } = rig();
  const reading = files.ask(verify, never);
  await turn();
  clock.advance(12_000);
  const busy = faultOf(() => files.ask(list, never));
  assert.equal(busy.code, 'CONTROL_BUSY');
  assert.match(busy.message, /a verification, for 12 s now/);
  threads[0]?.heard.said({ kind: 'end' });
  assert.deepEqual(await reading.next(), { done: true, value: undefined });
  files.ask(list, never);
});

test('ask() starts no thread for which there is no memory, and lets others wait for one that runs', () => {
  const { files, state } = rig();
  state.missing = 'memory is short';
  const { code, message } = faultOf(() => files.ask(list, never));
  assert.equal(code, 'CONTROL_READS_PAUSED');
  assert.match(message, /^memory is short; `gophership vault ls \/v` reads the same files/);
  delete state.missing;
  files.ask(list, never);
  state.missing = 'memory is short, because that one has it';
  files.ask(list, never);
});

test('ask() starts no thread before the one before has given its memory back', async () => {
  const { files, threads } = rig();
  files.ask(verify, never);
  await turn();
  threads[0]?.heard.said({ kind: 'end' });
  files.ask(list, never);
  await turn();
  assert.equal(threads.length, 1);
  threads[0]?.freed();
  await turn();
  assert.equal(threads[1]?.kind, 'list');
});

test('ask() lets a few wait behind short answers, one thread after the other', async () => {
  const { files, threads } = rig();
  const calls = Array.from({ length: 5 }, () => new AbortController());
  const readings = calls.map(({ signal }) => files.ask(list, signal));
  assert.equal(faultOf(() => files.ask(list, never)).code, 'CONTROL_BUSY');
  await turn();
  assert.equal(threads.length, 1);
  // One that waits leaves: those behind it still wait for the first.
  calls[1]?.abort();
  await turn();
  assert.equal(threads.length, 1);
  threads[0]?.heard.said({ kind: 'end' });
  threads[0]?.freed();
  assert.equal((await readings[0]?.next())?.done, true);
  await turn();
  assert.equal(threads.length, 2);
  const last = files.ask(verify, never);
  assert.match(faultOf(() => files.ask(list, never)).message, /a list/, 'none behind a long one');
  for (const index of [1, 2, 3]) {
    threads[index]?.heard.said({ kind: 'end' });
    threads[index]?.freed();
    await turn();
  }
  assert.deepEqual(
    threads.map(({ kind }) => kind),
    ['list', 'list', 'list', 'list', 'verify'],
  );
  await last.return?.();
});

test('ask() starts none for a caller that has gone meanwhile', async () => {
  const { files, threads } = rig();
  const call = new AbortController();
  files.ask(verify, call.signal);
  call.abort();
  await turn();
  assert.equal(threads.length, 0);
  files.ask(list, never);
  await turn();
  assert.equal(threads.length, 1);
});

test('ask() refuses while memory is short, naming the command that can', () => {
  const { files, state } = rig();
  state.paused = 'the zone is Red';
  const { code, message } = faultOf(() => files.ask(verify, never));
  assert.equal(code, 'CONTROL_READS_PAUSED');
  assert.match(message, /^the zone is Red; `gophership vault verify \/v`/);
});

test('a thread that dies is a line of the log and an answer', async () => {
  const { files, threads, lines } = rig();
  const reading = files.ask(verify, never);
  await turn();
  const waiting = reading.next();
  threads[0]?.heard.died(new Error('heap limit'));
  threads[0]?.heard.died(new Error('thread ended with code 1'));
  await assert.rejects(waiting, ({ code }: GopherShipError) => code === 'INTERNAL_FAULT');
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['vault-files: heap limit'],
  );
  files.ask(list, never);
});

test('a thread that cannot be started is an answer, and the next question tries again', async () => {
  const { log, lines } = keptLog();
  const clock = new FakeClock();
  const files = new VaultFiles({ path: '/v', clock, log, whyPaused() {}, whyNoThread() {} }, () => {
    throw new Error('EAGAIN');
  });
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const answer = files.ask(list, never).next();
    await assert.rejects(answer, ({ code }: GopherShipError) => code === 'INTERNAL_FAULT');
    await turn();
    assert.deepEqual(lines.at(-1)?.message, 'vault-files: EAGAIN');
    assert.equal(lines.length, attempt);
  }
});

test('an end that was asked for is no death', async () => {
  const { files, threads, lines } = rig();
  files.ask(verify, never);
  await turn();
  threads[0]?.heard.said({ kind: 'end' });
  threads[0]?.heard.died(new Error('thread ended with code 1'));
  assert.deepEqual(lines, []);
});

/** By the real thread, one after the other. */
async function answer(question: VaultQuestion): Promise<unknown[]> {
  const { log, lines } = keptLog();
  const files = new VaultFiles({
    path: folder,
    clock: systemClock,
    log,
    whyPaused() {},
    whyNoThread() {},
  });
  const parts: unknown[] = [];
  for await (const part of files.ask(question, never)) parts.push(part);
  assert.deepEqual(lines, []);
  return parts;
}

test('the thread answers what is asked of a vault, and what is not there', async () => {
  makeVault();
  const [listed] = await answer(list);
  assert.match(JSON.stringify(listed), /"segmentId":"0000000000000002","epoch":1,"state":"live"/);
  const exported = await answer({
    ...{ kind: 'export', format: 'jsonl', consumer: '' },
    ...{ fromMs: 0, toMs: Number.POSITIVE_INFINITY },
  });
  assert.deepEqual(exported.at(-1), { counts: { written: 7, failed: 0, lost: 0 }, failures: [] });
  const missing = answer({ kind: 'letter', entrySeq: 77 });
  await assert.rejects(missing, ({ code }: GopherShipError) => code === 'CONTROL_NOT_FOUND');
});
