import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { controlRpc, DashboardRig } from '../../../test/support/dashboard-rig.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { answerJson } from '../../../test/support/scripted-engine.ts';
import type { EngineAnswer } from './engine-link.ts';
import { SharedCalls } from './shared-calls.ts';

const history = 'gophership.control.v1.HistoryService/GetHistory';

/** An engine whose answers are numbered, and come when the test says so. */
class Rig {
  readonly clock = new FakeClock();
  readonly questions: PromiseWithResolvers<EngineAnswer>[] = [];
  readonly calls: SharedCalls;

  constructor() {
    const call = (_procedure: string, _body: Buffer, left: AbortSignal) => {
      assert.equal(left.aborted, false);
      const question = Promise.withResolvers<EngineAnswer>();
      this.questions.push(question);
      return question.promise;
    };
    this.calls = new SharedCalls({ engine: { call }, clock: this.clock });
  }

  /** What the call is answered with, in the end. */
  ask(since: number, procedure = history): Promise<string> {
    const call = this.calls.call(procedure, Buffer.from(JSON.stringify({ since })));
    return call.then(
      ({ status, body }) => `${status} ${body}`,
      (error: unknown) => String(error),
    );
  }

  async answer(index: number, status = 200): Promise<void> {
    this.questions[index]?.resolve({ status, body: Buffer.from(`answer ${index}`) });
    await setImmediate();
  }
}

test('call() asks once for all who ask the same while it is under way, and for a moment after', async () => {
  const rig = new Rig();
  const asked = [rig.ask(7), rig.ask(7)];
  rig.clock.advance(4_000);
  asked.push(rig.ask(7));
  await rig.answer(0);
  asked.push(rig.ask(7));
  rig.clock.advance(499);
  asked.push(rig.ask(7));
  assert.deepEqual(await Promise.all(asked), Array(5).fill('200 answer 0'));
  rig.clock.advance(1);
  void rig.ask(7);
  assert.equal(rig.questions.length, 2);
});

test('call() takes no answer to another question', async () => {
  const rig = new Rig();
  const asked = [rig.ask(7), rig.ask(8), rig.ask(8, 'another/Procedure')];
  for (const index of asked.keys()) await rig.answer(index);
  assert.deepEqual(await Promise.all(asked), ['200 answer 0', '200 answer 1', '200 answer 2']);
  // What was forgotten for a newer one does not come back when its time is over.
  rig.clock.advance(500);
  void rig.ask(7);
  assert.equal(rig.questions.length, 4);
});

test('call() gives a refusal and a failure to those who wait, and to nobody else', async () => {
  const rig = new Rig();
  const refused = [rig.ask(7), rig.ask(7)];
  await rig.answer(0, 429);
  assert.deepEqual(await Promise.all(refused), Array(2).fill('429 answer 0'));
  const failed = [rig.ask(7), rig.ask(7)];
  rig.questions[1]?.reject(new Error('gone'));
  assert.deepEqual(await Promise.all(failed), Array(2).fill('Error: gone'));
  void rig.ask(7);
  assert.equal(rig.questions.length, 3);
  assert.equal(rig.clock.pendingCount, 0);
});

test('forget() has the engine asked again, also for what is under way', async () => {
  const rig = new Rig();
  void rig.ask(7);
  rig.calls.forget();
  void rig.ask(7);
  await rig.answer(0);
  rig.clock.advance(500);
  void rig.ask(7);
  assert.equal(rig.questions.length, 2);
});

test('tabs that ask for the same history at once are one call, until one changes something', async (context) => {
  const rig = await DashboardRig.start(context);
  const tabs = [await rig.tab(), await rig.tab(), await rig.tab()];
  rig.engine.script = ({ stream, headers }) => {
    assert.doesNotMatch(JSON.stringify(headers), /Bearer|x-tab/);
    answerJson(stream, 200, { time: [rig.engine.calls.length] });
  };
  const ask = async (path: string, tab: Record<string, string>) => {
    const headers = { ...tab, 'x-tab': 'secret' };
    const { status, text } = await rig.request({ method: 'POST', path, headers, body: '{}' });
    assert.equal(status, 200);
    return JSON.parse(text).time[0];
  };
  const all = () => Promise.all(tabs.map((tab) => ask(`/rpc/${history}`, tab)));
  assert.deepEqual([await all(), await all()], Array(2).fill([1, 1, 1]));
  await ask(`${controlRpc}/SetOverride`, tabs[0]!);
  assert.deepEqual(await all(), [3, 3, 3]);
});
