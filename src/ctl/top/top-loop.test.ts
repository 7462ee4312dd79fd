import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { statusSample } from '../../../test/support/control-fake.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { CtlError } from '../ctl-error.ts';
import { CtlExit } from '../exit-code.ts';
import type { MutationPlan } from '../show-plan.ts';
import { frame } from './frame.ts';
import { glyphsFor } from './glyphs.ts';
import { KeyDecoder } from './keys.ts';
import { type Line, plainText } from './line.ts';
import { TopLoop, type TopQuestions } from './top-loop.ts';

const size = { columns: 100, rows: 30 };

function begun(engine: Partial<TopQuestions> = {}, draw: typeof frame = frame) {
  const clock = new FakeClock();
  const steps: string[] = [];
  let shown: readonly Line[] = [];
  const loop = new TopLoop('engine:4319', {
    ...{ clock, frame: draw, glyphs: glyphsFor({}) },
    engine: {
      askLedger: async () => void steps.push('ledger'),
      plan: async () => ({ lines: ['hold it'], undo: 'let go' }),
      apply: async () => void steps.push('apply'),
      ...engine,
    },
    size: () => size,
    show: (lines) => {
      shown = lines;
    },
    repaint: () => steps.push('repaint'),
    suspend: () => steps.push('suspend'),
  });
  const type = (text: string) => {
    const decoder = new KeyDecoder();
    for (const key of [...decoder.decode(text), ...decoder.flush()]) loop.pressed(key);
  };
  const text = () => {
    clock.advance(200);
    return shown.map(plainText).join('\n');
  };
  loop.begin();
  loop.told({ kind: 'status', status: statusSample(), nowMs: clock.nowMs() }, false);
  return { loop, clock, steps, type, text };
}

const fill = 'o\r\rwhy\r';

test('what the engine tells and what is typed become frames', () => {
  const { type, text } = begun();
  assert.match(text(), /web-1/);
  type('?');
  assert.match(text(), /KEYS/);
});

test('a fault in a frame ends the loop with it, whoever caused the frame', async () => {
  let frames = 0;
  const { loop, clock } = begun({}, (...input) => {
    frames += 1;
    if (frames === 3) throw new Error('a fault of ours');
    return frame(...input);
  });
  clock.advance(1_000);
  clock.advance(1_000);
  clock.advance(1_000);
  await assert.rejects(loop.ended, /a fault of ours/);
  clock.advance(5_000);
  assert.equal(frames, 3);
});

test('q ends the loop, and nothing is drawn any more', async () => {
  const { loop, clock, type, text } = begun();
  text();
  type('q');
  await loop.ended;
  assert.equal(clock.pendingCount, 0);
  loop.told({ kind: 'status', status: statusSample({ host: 'late' }), nowMs: 0 }, false);
  assert.doesNotMatch(text(), /late/);
});

test('a change is planned, agreed to, done, and remembered with its undo', async () => {
  const { loop, steps, type, text } = begun();
  type(fill);
  await turn();
  assert.match(text(), /hold it\n {2}undo: let go\n {2}Do it\? \[y\/n\]/);
  assert.deepEqual(steps, []);
  type('y');
  await turn();
  assert.deepEqual(steps, ['apply']);
  assert.match(text(), /^done; to undo: let go/m);
  assert.deepEqual(loop.done, ['done: hold it; to undo: let go']);
});

test('a plan that comes after Esc is not shown', async () => {
  const planned = Promise.withResolvers<MutationPlan>();
  const { type, text } = begun({ plan: () => planned.promise });
  type(`${fill}\u001b`);
  planned.resolve({ lines: ['hold it'], undo: 'let go' });
  await turn();
  assert.doesNotMatch(text(), /hold it/);
});

test('a refusal of the engine is a line, and nothing has been done', async () => {
  const refused = new CtlError('CONTROL_DENIED', CtlExit.Denied, 'needs operator', '');
  const { loop, clock, type, text } = begun({ plan: () => Promise.reject(refused) });
  type(fill);
  await turn();
  assert.match(text(), /^CONTROL_DENIED: needs operator/m);
  assert.doesNotMatch(text(), /hold a zone/);
  assert.deepEqual(loop.done, []);
  clock.advance(10_000);
  assert.doesNotMatch(text(), /CONTROL_DENIED/);
});

test('a fault of ours in a question ends the loop', async () => {
  const { loop, type } = begun({ plan: () => Promise.reject(new TypeError('a fault of ours')) });
  type(fill);
  await assert.rejects(loop.ended, /a fault of ours/);
});

test('the ledger is asked for again while somebody looks at it, one question at a time', async () => {
  const answers: (() => void)[] = [];
  const { clock, type } = begun({
    askLedger: () => new Promise((resolve) => answers.push(resolve)),
  });
  type('l');
  clock.advance(3_000);
  assert.equal(answers.length, 1);
  answers[0]?.();
  await turn();
  clock.advance(1_000);
  assert.equal(answers.length, 2);
  type('l');
  answers[1]?.();
  await turn();
  clock.advance(5_000);
  assert.equal(answers.length, 2);
});

test('Ctrl-Z and Ctrl-L reach the terminal', () => {
  const { steps, type } = begun();
  type('\u001a\u000c');
  assert.deepEqual(steps, ['suspend', 'repaint']);
});
