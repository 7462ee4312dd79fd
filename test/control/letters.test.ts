// Scenario: a downstream refuses batches for good, so they are set aside; it is mended, and an
// operator has them sent again, or gives them up.
// Guarantees: a redriven batch arrives as it was sent, once; a purged one is gone; the ledger adds
// up after each; only operators do it, each change is in the audit, a plan changes nothing.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BacklogEngine } from './backlog-engine.ts';

const letters = ['vault', 'dead-letter'] as const;
const refuses = { kind: 'grpc', status: 3, message: 'not wanted' } as const;
let engine: BacklogEngine;
before(async () => {
  engine = await BacklogEngine.start();
});
after(() => engine.close());

/** So many batches more are set aside. */
async function bury(count: number): Promise<void> {
  const { sink } = engine.control;
  await engine.fill(count);
  const set = await deadLettered();
  sink.mode = refuses;
  await engine.until(async () => (await deadLettered()) === set + count, 'all are set aside');
}

/** The messages leave out what is 0. */
async function row() {
  const { rows } = await engine.read('Control', 'GetLedger');
  return { deadLettered: 0, delivered: 0, ...rows[0] };
}

async function deadLettered(): Promise<number> {
  return (await row()).deadLettered;
}

async function isBalanced(): Promise<boolean> {
  return (await engine.read('Control', 'GetLedger')).isBalanced ?? false;
}

async function listed(): Promise<number[]> {
  const { deadLetters } = await engine.ctl(0, [...letters, 'ls']);
  return deadLetters.map(({ entrySeq }: { entrySeq: number }) => entrySeq);
}

test('a dry run and a plan say what a redrive would be, and change nothing', async () => {
  await bury(8);
  assert.equal((await listed()).length, 8);
  const plan = await engine.ctl(0, [...letters, 'redrive', '--all', '--dry-run']);
  assert.deepEqual([plan.kind, plan.action, plan.dryRun], ['DeadLetterOutcome', 'redrive', true]);
  assert.deepEqual([plan.letters, plan.waitingLetters, plan.reasons], [8, 8, { Rejected: 8 }]);
  const { talk } = await engine.home.run(64, [...letters, 'redrive', '--all']);
  assert.match(talk, /^plan: redrive on .*: all dead letters$/m);
  assert.match(talk, /^ +8 of 8 letters, /m);
  assert.match(talk, /^error: NOT_CONFIRMED: /m);
  assert.equal((await listed()).length, 8);
});

test('letters that are named arrive as they were sent, once, and the ledger adds up', async () => {
  const { sink } = engine.control;
  const [first = 0, second = 0] = await listed();
  sink.mode = { kind: 'ok' };
  const arrived = sink.recordCount;
  const before = await row();
  const some = ['--from', String(first), '--to', String(second)];
  const done = await engine.ctl(0, [...letters, 'redrive', ...some, '--yes', '--reason', 'mended']);
  assert.deepEqual([done.letters, done.waitingLetters, done.duplicates], [2, 6, 0]);
  assert.deepEqual([done.firstEntrySeq, done.lastEntrySeq], [first, second]);
  await engine.until(async () => sink.recordCount > arrived, 'the first arrives');
  await engine.until(async () => (await engine.waiting()) === 0, 'nothing waits');
  await engine.until(isBalanced, 'the ledger adds up');
  const now = await row();
  assert.equal(now.deadLettered, before.deadLettered - 2);
  assert.equal(now.delivered, before.delivered + 2);
  assert.equal((await listed()).length, 6);
});

test('all others arrive, and the space of the dead letters comes back', async () => {
  const { sink } = engine.control;
  const before = sink.requests.length;
  const done = await engine.ctl(0, [...letters, 'redrive', '--all', '--yes']);
  assert.deepEqual([done.letters, done.waitingLetters, done.stopped], [6, 0, '']);
  await engine.until(async () => sink.requests.length > before, 'they arrive');
  await engine.until(async () => (await engine.waiting()) === 0, 'nothing waits');
  await engine.until(isBalanced, 'the ledger adds up');
  assert.equal(await deadLettered(), 0);
  assert.deepEqual(await listed(), []);
  const { deadLetter } = await engine.ctl(0, ['vault', 'ls']);
  assert.equal(deadLetter.segments.length, 0);
});

test('what is refused again becomes a letter again', async () => {
  await bury(3);
  const done = await engine.ctl(0, [...letters, 'redrive', '--all', '--yes']);
  assert.equal(done.letters, 3);
  await engine.until(async () => (await listed()).length === 3, 'they are letters again');
  await engine.until(isBalanced, 'the ledger adds up');
});

test('a purge needs a reason, deletes what is named, and nothing brings it back', async () => {
  const { talk } = await engine.home.run(64, [...letters, 'purge', '--all', '--yes']);
  assert.match(talk, /a purge needs --reason/);
  const [first = 0] = await listed();
  const reason = ['--reason', 'test data', '--yes'];
  const one = await engine.ctl(0, [...letters, 'purge', '--to', String(first), ...reason]);
  assert.deepEqual([one.action, one.letters, one.waitingLetters], ['purge', 1, 2]);
  const rest = await engine.ctl(0, [...letters, 'purge', '--before', '0s', ...reason]);
  assert.deepEqual([rest.letters, rest.waitingLetters], [2, 0]);
  assert.deepEqual(await listed(), []);
  const { sink } = engine.control;
  sink.mode = { kind: 'ok' };
  const arrived = sink.requests.length;
  assert.equal((await engine.ctl(0, [...letters, 'redrive', '--all', '--yes'])).letters, 0);
  await engine.send(1);
  await engine.until(isBalanced, 'the ledger adds up');
  assert.ok(sink.requests.length <= arrived + 1);
});

test('only operators do it, and each change is in the audit', async () => {
  const asViewer = ['--context', 'viewer'];
  for (const flags of [
    ['redrive', '--all'],
    ['purge', '--all', '--reason', 'x'],
  ]) {
    const { talk } = await engine.home.run(4, [...letters, ...flags, '--yes', ...asViewer]);
    assert.match(talk, /DENIED/);
  }
  const unreadable = await engine.call('operator', 'Replay', 'PauseReplay', { reason: 5 });
  assert.equal(unreadable.code, 'invalid_argument');
  const { events } = await engine.ctl(0, ['events', '--last', '50']);
  const text = JSON.stringify(events);
  assert.match(text, /RedriveDeadLetters/);
  assert.match(text, /2 letters \(0 to 1\) redriven; 6 are left/);
  assert.match(text, /PurgeDeadLetters/);
  assert.match(text, /test data/);
  assert.doesNotMatch(text, /PauseReplay/);
  const lines = engine.control.engine.logs().filter(({ msg }) => msg === 'audit');
  const told = (wanted: string) =>
    lines.flatMap(({ reason, outcome, detail }) =>
      reason === wanted ? [`${outcome}: ${detail}`] : [],
    );
  assert.deepEqual(told('mended'), [
    'begun: letters up to 1',
    'done: 2 letters (0 to 1) redriven; 6 are left',
  ]);
  assert.match(told('test data').join('\n'), /^begun: .*\ndone: .*\nbegun: .*\ndone: /);
});
