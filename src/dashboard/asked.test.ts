import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Asked, type AskedParts } from './asked.ts';
import { CallFault } from './call-fault.ts';

function rig(answers: (() => Promise<unknown>)[]) {
  let callCount = 0;
  const call = () => {
    const answer = answers[callCount];
    callCount += 1;
    return answer?.();
  };
  // The one procedure that is asked for.
  const client = { call } as unknown as AskedParts['client'];
  const clock = new FakeClock();
  const asked = new Asked({ client, clock }, 'ControlService/GetLedger');
  return { asked, clock, callCount: () => callCount };
}

describe('Asked', () => {
  it('ask() keeps the answer with its moment, also when the next question fails', async () => {
    const fault = new CallFault('UNREACHABLE', 'gone');
    const { asked, clock } = rig([
      async () => ({ isBalanced: true }),
      async () => {
        throw fault;
      },
    ]);
    await asked.ask({});
    const atMs = clock.nowMs();
    assert.deepEqual(asked.answer.value, { value: { isBalanced: true }, atMs });
    clock.advance(5_000);
    await asked.ask({});
    assert.deepEqual(asked.answer.value, { value: { isBalanced: true }, atMs });
    assert.equal(asked.fault.value, fault);
  });

  it('ask() has one question on its way, and forgets a fault when it is answered', async () => {
    const first = Promise.withResolvers<unknown>();
    const { asked, callCount } = rig([() => first.promise, async () => ({})]);
    const asking = asked.ask({});
    await asked.ask({});
    assert.deepEqual([callCount(), asked.isAsking.value], [1, true]);
    first.reject(new Error('late'));
    await asking;
    assert.equal(asked.fault.value?.code, 'NO_ANSWER');
    await asked.ask({});
    assert.deepEqual([asked.fault.value, asked.isAsking.value], [undefined, false]);
  });
});
