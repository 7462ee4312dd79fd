import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ConnectRouter } from '@connectrpc/connect';
import { fakeControl, statusSample } from '../../../test/support/control-fake.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { eventSample, sampleWallMs } from '../../../test/support/top-states.ts';
import { CallerService } from '../../generated/gophership/control/v1/caller_pb.js';
import { Zone } from '../../generated/gophership/control/v1/control_pb.js';
import { HistoryService } from '../../generated/gophership/control/v1/history_pb.js';
import { TopEngine } from './top-engine.ts';
import { initialState, type Live } from './top-state.ts';
import { type Told, toldState } from './top-update.ts';

/** What is known once the watches have ended, and what was told on the way. */
async function watched(
  serve?: (router: ConnectRouter) => void,
): Promise<{ live: Live; kinds: Told['kind'][] }> {
  let state = initialState('engine:4319');
  const kinds: Told['kind'][] = [];
  const engine = new TopEngine({
    ...{ clock: new FakeClock(), target: {} },
    tell(told, hasHistory) {
      kinds.push(told.kind);
      state = toldState(state, told, hasHistory);
    },
  });
  const status = (second: number, receivedBatches: number) => ({
    event: {
      case: 'status' as const,
      value: statusSample({
        time: timestampFromMs(sampleWallMs + second * 1_000),
        flow: { receivedBatches },
      }),
    },
  });
  const client = fakeControl({
    service: {
      async *watchStatus() {
        yield status(0, 0);
        await turn();
        yield status(1, 10);
        yield { event: { case: 'heartbeat', value: Zone.RED } };
        yield status(9, 90);
        yield status(10, 95);
      },
      async *watchEvents() {
        yield { event: eventSample() };
        await new Promise((resolve) => setTimeout(resolve, 50));
      },
    },
    ...(serve === undefined ? {} : { serve }),
  });
  let answers = 0;
  const watching = engine.watch(client, () => {
    answers += 1;
  });
  await assert.rejects(watching, { code: 'UNREACHABLE' });
  assert.equal(answers, 5);
  await assert.rejects(engine.askLedger(), { code: 'UNREACHABLE' });
  return { live: state.live, kinds };
}

test('watch() of an engine without a history draws its curves from the statuses', async () => {
  const { live, kinds } = await watched();
  assert.deepEqual(
    live.samples.map(({ rates }) => rates.received),
    [10, 5],
  );
  assert.equal(live.role, undefined);
  assert.equal(live.events.length, 1);
  assert.ok(kinds.includes('events-begin') && kinds.includes('heartbeat'));
  assert.equal(live.pausedIn, undefined);
});

test('watch() takes the history of the engine, and asks only for what is new', async () => {
  const asked: number[] = [];
  const { live } = await watched((router) => {
    router.service(HistoryService, {
      getHistory({ since }) {
        asked.push(since);
        const time = since === 0 ? [1_000, 2_000] : [since + 1_000];
        return {
          time,
          receivedBatchesPerSecond: time.map((ms) => ms / 1_000),
          continues: since > 0,
        };
      },
    });
    router.service(CallerService, { getCaller: () => ({ role: 'viewer' }) });
  });
  assert.equal(asked[0], 0);
  assert.ok(
    asked.slice(1).every((since, index) => since === 2_000 + index * 1_000),
    `${asked}`,
  );
  assert.deepEqual(
    live.samples.map(({ rates }) => rates.received),
    Array.from({ length: live.samples.length }, (_, index) => index + 1),
  );
  assert.equal(live.role, 'viewer');
});
