import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { checkPrintable, fakeControl, fakeTerminal } from '../../test/support/control-fake.ts';
import {
  type EstimateReplayResponseSchema,
  ReplayOrder,
  type ReplayPlan,
  type ReplaySchema,
  ReplayService,
} from '../generated/gophership/control/v1/replay_pb.js';
import {
  dryRun,
  pauseReplay,
  type ReplayStartFlags,
  readReplay,
  replayStart,
  resumeReplay,
  startReplay,
} from './replay.ts';
import { replayTable, replayValue } from './replay-text.ts';

type Replay = MessageInitShape<typeof ReplaySchema>;
type Estimate = MessageInitShape<typeof EstimateReplayResponseSchema>;

const MiB = 1024 ** 2;
const usual = {
  ...{ state: 'running', order: ReplayOrder.OLDEST, vaultUsedPercent: 12.345 },
  ...{ rateBytesPerSecond: 50 * MiB, allowedBytesPerSecond: 50 * MiB, replayedBatches: 5 },
  plan: {},
  destinations: [
    { id: 'otlp_grpc/a', waitingBatches: 1_234, sendingBatches: 12, heldBatches: 3 },
    { id: 'otlp_http/b', waitingBatches: 7, isDown: true },
  ],
} satisfies Replay;
const counted = {
  ...{ isComplete: true, segments: 14, batches: 1_241, bytes: 3 * MiB, recordsMin: 56_000 },
  ...{ uncountedBatches: 2, lostBatches: 1, rateBytesPerSecond: 20 * MiB },
  durationMin: durationFromMs(62_000),
  destinations: [{ id: 'otlp_grpc/a', batches: 1_234, bytes: 3 * MiB, recordsMin: 56_000 }],
} satisfies Estimate;

interface EngineOptions {
  readonly before?: Replay;
  readonly estimates?: readonly Estimate[];
  readonly service?: Partial<ServiceImpl<typeof ReplayService>>;
}

/** An engine that writes down what it is told. */
function engine({ before = usual, estimates = [counted], service = {} }: EngineOptions = {}) {
  const told: [string, ReplayPlan | undefined, reason: string][] = [];
  const client = fakeControl({
    serve: (router) =>
      router.service(ReplayService, {
        getReplay: () => ({ replay: before }),
        async *estimateReplay() {
          yield* estimates;
        },
        startReplay({ plan, reason }) {
          told.push(['start', plan, reason]);
          return { replay: { ...before, state: 'running' } };
        },
        pauseReplay({ reason }) {
          told.push(['pause', undefined, reason]);
          return { replay: { ...before, state: 'paused' } };
        },
        resumeReplay({ reason }) {
          told.push(['resume', undefined, reason]);
          return { replay: before };
        },
        ...service,
      }),
  });
  return { client, told };
}

const flags = { timeoutMs: 1_000, reason: 'catch up', yes: true };
const startFlags: ReplayStartFlags = {
  ...{ ...flags, order: 'newest', rateBytesPerSecond: 20 * MiB },
  fromMs: Date.UTC(2026, 0, 2, 3, 4, 5),
};

test('replay status says what it does, why, and what waits where', async () => {
  const { client } = engine({
    before: {
      ...usual,
      ...{ state: 'held', reason: 'the zone is Red', eta: durationFromMs(182_000) },
      ...{ by: 'CN=ann', byReason: 'night', since: timestampFromMs(0), isRangeDone: true },
      plan: { rateBytesPerSecond: 20 * MiB, range: { to: timestampFromMs(5_000) } },
    },
  });
  const replay = await readReplay(client);
  const table = replayTable(replay);
  assert.match(
    table,
    /^held +oldest +50\.0 MiB\/s +50\.0 MiB\/s +12\.3 % +3m2s +the zone is Red$/m,
  );
  assert.match(table, /^set: at most 20\.0 MiB\/s, received to 1970-01-01T00:00:05\.000Z$/m);
  assert.match(table, /^all that was received in that time has been sent$/m);
  assert.match(table, /^by CN=ann since 1970-01-01T00:00:00\.000Z: night$/m);
  assert.match(table, /^otlp_grpc\/a +1,234 +12 +3 +works$/m);
  assert.match(table, /^otlp_http\/b +7 +0 +0 +down$/m);
  const value = replayValue(replay);
  assert.deepEqual(value.plan, {
    ...{ order: null, rateBytesPerSecond: 20 * MiB, from: null },
    to: '1970-01-01T00:00:05.000Z',
  });
  assert.deepEqual(
    [value.etaMs, value.order, value.since],
    [182_000, 'oldest', '1970-01-01T00:00:00.000Z'],
  );
  assert.doesNotMatch(JSON.stringify(value), /typeName/);
});

test('startReplay() shows what would be sent as its plan, does it, and says how to undo it', async () => {
  const { client, told } = engine();
  const terminal = fakeTerminal();
  assert.equal(await startReplay(client, { ...startFlags, context: 'prod' }, terminal), 0);
  const text = terminal.told();
  const planned = 'newest first, at most 20.0 MiB/s, received from 2026-01-02T03:04:05.000Z';
  assert.ok(text.startsWith(`plan: replay on engine:4319: ${planned}\n`), text);
  assert.match(text, /^ +now: running, oldest first, at most 50\.0 MiB\/s; 1,234 batches wait$/m);
  assert.match(text, /^ +1,241 batches, at least 56,000 records, 3\.0 MiB, in 14 segments$/m);
  assert.match(text, /^ +takes at least 1m2s at 20\.0 MiB\/s, in Green$/m);
  assert.match(text, /^ +1 batch cannot be read$/m);
  assert.match(text, /^ +the rest stays in the vault/m);
  assert.match(text, /^ +reason: catch up$/m);
  assert.match(text, /^undo: gs-ctl replay start --context prod$/m);
  assert.match(text, /^done; to undo: gs-ctl replay start --context prod$/m);
  const [[verb, plan, reason] = []] = told;
  assert.deepEqual([verb, reason, plan?.order], ['start', 'catch up', ReplayOrder.NEWEST]);
  assert.equal(plan?.rateBytesPerSecond, 20 * MiB);
  assert.equal(plan?.range?.from && timestampMs(plan.range.from), startFlags.fromMs);
  assert.equal(plan?.range?.to, undefined);
});

test('startReplay() brings back what was set, and the pause, as its undo', async () => {
  const before: Replay = {
    ...{ ...usual, state: 'paused', reason: 'an operator has paused it' },
    plan: {
      ...{ order: ReplayOrder.NEWEST, rateBytesPerSecond: 3 * MiB },
      range: { from: timestampFromMs(1_000), to: timestampFromMs(2_000) },
    },
  };
  const terminal = fakeTerminal();
  await startReplay(engine({ before }).client, flags, terminal);
  const undo =
    'gs-ctl replay start --order newest --rate 3145728B ' +
    '--from 1970-01-01T00:00:01.000Z --to 1970-01-01T00:00:02.000Z && gs-ctl replay pause';
  assert.ok(terminal.told().includes(`undo: ${undo}\n`), terminal.told());
  assert.doesNotMatch(terminal.told(), /still:/);
});

test('startReplay() without a flag sends a plan that is as configured', async () => {
  const { client, told } = engine();
  const terminal = fakeTerminal('json');
  await startReplay(client, { timeoutMs: 1_000, yes: true }, terminal);
  const [[, plan, reason] = []] = told;
  const { order, rateBytesPerSecond, range } = plan ?? {};
  assert.deepEqual([order, rateBytesPerSecond, range, reason], [0, undefined, undefined, '']);
  const value = JSON.parse(terminal.shown());
  assert.deepEqual([value.kind, value.undo], ['Replay', 'gs-ctl replay start']);
  assert.equal(terminal.told(), '');
});

test('startReplay() says that what holds the replay goes on holding it', async () => {
  const before = { ...usual, state: 'held', reason: 'the zone is Red: nothing is replayed' };
  const terminal = fakeTerminal();
  await startReplay(engine({ before }).client, flags, terminal);
  assert.match(terminal.told(), /^ +still: the zone is Red: nothing is replayed$/m);
});

test('startReplay() takes an estimate as far as it got, and goes on without one', async () => {
  const soFar = { ...counted, isComplete: false };
  const running = engine({
    service: {
      async *estimateReplay(_, { signal }) {
        yield soFar;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    },
  });
  const terminal = fakeTerminal();
  await startReplay(running.client, { ...flags, timeoutMs: 50 }, terminal);
  assert.match(terminal.told(), /^ +so far counted, there is more: 1,241 batches/m);
  assert.equal(running.told.length, 1);
  const busy = engine({
    service: {
      // biome-ignore lint/correctness/useYield: it refuses
      async *estimateReplay() {
        throw new ConnectError('CONTROL_BUSY: in Red the disk is not ours', Code.ResourceExhausted);
      },
    },
  });
  const other = fakeTerminal();
  await startReplay(busy.client, flags, other);
  assert.match(other.told(), /^ +not estimated: in Red the disk is not ours$/m);
  assert.equal(busy.told.length, 1);
});

test('changes are asked for on a terminal, and need --yes elsewhere', async () => {
  const refused = { code: 'NOT_CONFIRMED' };
  for (const change of [startReplay, pauseReplay, resumeReplay]) {
    const { client, told } = engine();
    const asking = { ...flags, yes: false };
    await assert.rejects(change(client, asking, fakeTerminal('table', 'n')), refused);
    const json = fakeTerminal('json');
    await assert.rejects(change(client, asking, json), { ...refused, exitCode: 64 });
    assert.deepEqual([told, json.told()], [[], '']);
    const terminal = fakeTerminal('table', 'y');
    assert.equal(await change(client, asking, terminal), 0);
    assert.match(terminal.told(), /^plan: .*\n[\s\S]*^undo: gs-ctl replay /m);
    assert.equal(told.length, 1);
  }
});

test('pauseReplay() and resumeReplay() undo each other, and say when a pause ends by itself', async () => {
  const { client, told } = engine();
  const terminal = fakeTerminal();
  await pauseReplay(client, flags, terminal);
  assert.match(terminal.told(), /^plan: pause .*until it is resumed or the vault is 80 % full$/m);
  assert.match(terminal.told(), /^undo: gs-ctl replay resume$/m);
  assert.match(terminal.shown(), /^paused +oldest/m);
  await resumeReplay(client, flags, terminal);
  assert.match(terminal.told(), /^undo: gs-ctl replay pause$/m);
  assert.deepEqual(
    told.map(([verb]) => verb),
    ['pause', 'resume'],
  );
});

test('dryRun() says how far it is, shows the whole, and changes nothing', async () => {
  const estimates = [{ ...counted, isComplete: false, batches: 100 }, counted];
  const { client, told } = engine({ estimates });
  const terminal = fakeTerminal();
  const { plan } = { plan: (await readReplay(client)).plan! };
  assert.equal(await dryRun(client, plan, terminal), 0);
  assert.equal(terminal.told(), 'counting: 100 batches, 3.0 MiB so far\n');
  assert.match(terminal.shown(), /^otlp_grpc\/a +1,234 +56,000 +3\.0 MiB$/m);
  assert.match(terminal.shown(), /^takes at least 1m2s/m);
  const json = fakeTerminal('json');
  await dryRun(client, plan, json);
  const value = JSON.parse(json.shown());
  assert.deepEqual(
    [value.kind, value.isComplete, value.segments, value.durationMinMs, json.told()],
    ['ReplayEstimate', true, 14, 62_000, ''],
  );
  assert.deepEqual(told, []);
});

test('a dry run that the engine ends early is an error', async () => {
  const { client } = engine({ estimates: [{ ...counted, isComplete: false }] });
  await assert.rejects(dryRun(client, (await readReplay(client)).plan!, fakeTerminal()), {
    code: 'UNREACHABLE',
  });
});

test('replayStart() refuses a range that is empty before it asks an engine', () => {
  const wrong = { ...startFlags, toMs: startFlags.fromMs! };
  assert.throws(() => replayStart(wrong, fakeTerminal()), { code: 'USAGE', exitCode: 64 });
});

test('text of an engine reaches no terminal unescaped', async () => {
  const evil = 'evil\u001b[2J\u202e';
  const before = { ...usual, ...{ state: evil, reason: evil, by: evil, byReason: evil } };
  const terminal = fakeTerminal();
  await pauseReplay(engine({ before }).client, flags, terminal);
  checkPrintable(terminal.told());
  checkPrintable(terminal.shown());
});
