import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { noPlan, type ReplayAnswer, type ReplayCommand } from '../replayer/replay-command.ts';
import { OperatorDrain } from './operator-drain.ts';
import { ReplayDesk } from './replay-desk.ts';

function rig() {
  const clock = new FakeClock();
  const told: { readonly id: number; readonly command: ReplayCommand }[] = [];
  const desk = new ReplayDesk({ clock, tell: (id, command) => told.push({ id, command }) });
  const answer = (answer: ReplayAnswer, at = told.length - 1) =>
    desk.answered(told[at]!.id, answer);
  return { clock, told, desk, answer };
}

const estimate = { segments: 1, lostEntries: 0, consumers: [] };
const done = { kind: 'done' } as const;

test('ask brings each answer to who asked, in whatever order they come', async () => {
  const { desk, told, answer, clock } = rig();
  const [start, pause] = [desk.start(noPlan), desk.pause()];
  assert.deepEqual(
    told.map(({ command }) => command),
    [{ kind: 'plan', plan: noPlan }, { kind: 'pause' }],
  );
  answer({ kind: 'refused', why: 'conflict', message: 'full' }, 1);
  await assert.rejects(pause, { code: 'CONTROL_CONFLICT', message: 'full' });
  answer(done, 0);
  await start;
  assert.equal(clock.pendingCount, 0);
});

test('a refusal has the code of its kind', async () => {
  const codes = { busy: 'CONTROL_BUSY', conflict: 'CONTROL_CONFLICT', invalid: 'CONTROL_INVALID' };
  for (const [why, code] of Object.entries(codes) as ['busy', string][]) {
    const { desk, answer } = rig();
    const resume = desk.resume();
    answer({ kind: 'refused', why, message: 'no' });
    await assert.rejects(resume, { code });
  }
});

test('who is not answered within 3 s is told so, and an answer that comes later is of nobody', async () => {
  const { desk, answer, clock } = rig();
  const status = desk.status();
  clock.advance(2_999);
  clock.advance(1);
  await assert.rejects(status, { code: 'CONTROL_BUSY', message: /waits for the disk/ });
  answer(done);
  for (let count = 0; count < 40; count += 1) {
    const late = assert.rejects(desk.pause(), { message: /waits for the disk/ });
    clock.advance(3_000);
    await late;
  }
});

test('more than 32 questions are not kept', async () => {
  const { desk, told, answer } = rig();
  const open = Array.from({ length: 32 }, () => desk.pause());
  await assert.rejects(desk.pause(), { code: 'CONTROL_BUSY', message: /32/ });
  assert.equal(told.length, 32);
  for (const index of open.keys()) answer(done, index);
  await Promise.all(open);
  const again = desk.resume();
  answer(done);
  await again;
});

test('close() ends what is open, and nothing is asked any more', async () => {
  const { desk, told, clock } = rig();
  const open = [desk.status(), desk.estimate(undefined, () => {}, new AbortController().signal)];
  desk.close();
  for (const question of open) await assert.rejects(question, { code: 'DRAINING' });
  await assert.rejects(desk.pause(), { code: 'DRAINING' });
  desk.drain(true);
  assert.deepEqual([told.length, clock.pendingCount], [2, 0]);
});

test('estimate() tells how far it is, and then the whole', async () => {
  const { desk, told, answer, clock } = rig();
  const seen: unknown[] = [];
  const range = { fromNs: 1n, toNs: 2n };
  const run = desk.estimate(range, (soFar) => seen.push(soFar), new AbortController().signal);
  const key = told[0]!.id;
  assert.deepEqual(told[0]?.command, { kind: 'dry-run', key, range });
  clock.advance(60_000);
  answer({ kind: 'counting', estimate });
  answer({ kind: 'counting', estimate });
  assert.equal(seen.length, 2);
  answer({ kind: 'estimate', estimate, isComplete: true });
  assert.deepEqual(await run, { kind: 'estimate', estimate, isComplete: true });
  answer({ kind: 'counting', estimate });
  assert.equal(seen.length, 2);
});

test('estimate() ends its own run when its signal says so, and no other', async () => {
  const { desk, told, answer } = rig();
  const left = new AbortController();
  const run = desk.estimate(undefined, () => {}, left.signal);
  const key = told[0]!.id;
  left.abort();
  assert.deepEqual(told.at(-1)?.command, { kind: 'end-dry-run', key });
  answer({ kind: 'estimate', estimate, isComplete: false }, 0);
  assert.equal((await run).isComplete, false);
  const refused = desk.estimate(undefined, () => {}, left.signal);
  const other = told[2]!.id;
  assert.deepEqual(told.at(-1)?.command, { kind: 'end-dry-run', key: other });
  answer({ kind: 'refused', why: 'busy', message: 'under way' }, 2);
  await assert.rejects(refused, { code: 'CONTROL_BUSY' });
});

test('ended() tells whoever wants to know', () => {
  const { desk } = rig();
  const seen: unknown[] = [];
  desk.ended('pause', 80);
  for (const name of ['a', 'b']) desk.onEnded((what, percent) => seen.push([name, what, percent]));
  desk.ended('full', 81);
  assert.deepEqual(seen, [
    ['a', 'full', 81],
    ['b', 'full', 81],
  ]);
});

test('OperatorDrain begins once, names the first who asked, and can begin again', () => {
  const told: boolean[] = [];
  const drain = new OperatorDrain({ drain: (isOn) => told.push(isOn) });
  const order = (by: string) => ({ by, reason: 'kernel', wallMs: 1 });
  drain.end();
  drain.start(order('ann'));
  drain.start(order('bob'));
  assert.deepEqual([drain.order, told], [order('ann'), [true]]);
  drain.end();
  drain.end();
  assert.deepEqual([drain.order, told], [undefined, [true, false]]);
  drain.start(order('bob'));
  assert.deepEqual([drain.order, told], [order('bob'), [true, false, true]]);
  new OperatorDrain(undefined).start(order('ann')); // an engine without a vault
});
