// Scenario: every procedure that needs an operator, as the descriptors have them, is called while
// the engine starts, without a vault, with a request that is none, when a fault of ours is in the
// way, as a dry run, and as it should be; callers leave, and work goes on without them.
// Guarantees: each call is one line of the audit, with who, why and how it ended; what goes on
// without its caller has another one before it begins; what changes nothing has none.

import assert from 'node:assert/strict';
import { glob } from 'node:fs/promises';
import { test } from 'node:test';
import { type DescMethod, type DescService, ScalarType } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { createContextValues } from '@connectrpc/connect';
import { ControlRig } from '../../test/support/control-rig.ts';
import { FakeLetters } from '../../test/support/fake-letters.ts';
import { serviceClient } from '../../test/support/service-client.ts';
import { GopherShipError } from '../errors.ts';
import { ControlService, Zone } from '../generated/gophership/control/v1/control_pb.js';
import { DrainService } from '../generated/gophership/control/v1/drain_pb.js';
import { DeadLetterService } from '../generated/gophership/control/v1/letters_pb.js';
import { ReplayService } from '../generated/gophership/control/v1/replay_pb.js';
import { controlService } from './control-service.ts';
import { drainService } from './drain-service.ts';
import type { EngineView } from './engine-view.ts';
import { letterService } from './letter-service.ts';
import { mutationAudit } from './mutation-audit.ts';
import { neededRole } from './procedure-role.ts';
import { replayService } from './replay-service.ts';

/** Of all services that there are. */
async function mutations(): Promise<DescMethod[]> {
  const root = new URL('../generated/', import.meta.url);
  const services: DescService[] = [];
  for await (const path of glob('**/*_pb.js', { cwd: root })) {
    const described: Record<string, { kind?: string }> = await import(new URL(path, root).href);
    for (const each of Object.values(described)) {
      if (each.kind === 'service') services.push(each as DescService); // by its kind
    }
  }
  return services
    .flatMap(({ methods }) => methods)
    .filter(({ parent, name }) => neededRole(`${parent.typeName}/${name}`) === 'operator')
    .filter(({ parent }) => parent.typeName.startsWith('gophership.'));
}

interface RigOptions {
  readonly hasVault?: boolean;
  readonly view?: (view: EngineView) => EngineView | undefined;
}

type AnyCall = (
  request: object,
  options: { readonly signal?: AbortSignal | undefined },
) => Promise<unknown> | AsyncIterable<unknown>;

function rigOf({ hasVault = true, view = (there) => there }: RigOptions = {}) {
  const rig = new ControlRig({ hasVault });
  const { audit, clock } = rig;
  const letters = new FakeLetters();
  const whole: EngineView = Object.create(rig.view, {
    letters: { value: hasVault ? letters : undefined },
  });
  const parts = { view: () => view(whole), clock, audit };
  const clients: Record<string, unknown> = {
    [ControlService.typeName]: serviceClient(ControlService, controlService(parts), audit),
    [ReplayService.typeName]: serviceClient(ReplayService, replayService(parts), audit),
    [DrainService.typeName]: serviceClient(DrainService, drainService(parts), audit),
    [DeadLetterService.typeName]: serviceClient(DeadLetterService, letterService(parts), audit),
  };
  return {
    ...{ audit, letters, replay: rig.replay },
    /** Resolves when the call has ended, however it did. */
    async call({ parent, localName }: DescMethod, request: object, signal?: AbortSignal) {
      // Whichever it is, by its descriptor.
      const client = clients[parent.typeName] as Record<string, AnyCall> | undefined;
      const answer = client?.[localName]?.(request, { signal });
      assert.ok(answer !== undefined, `${parent.typeName} has no client in this test`);
      const end = answer instanceof Promise ? answer : read(answer);
      await end.catch(() => {});
    },
  };
}

async function read(answers: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of answers);
}

const reason = 'a good reason';
const { redriveDeadLetters, purgeDeadLetters } = DeadLetterService.method;
const longOnes: readonly string[] = [redriveDeadLetters.name, purgeDeadLetters.name];
const requests: Readonly<Record<string, object>> = {
  SetOverride: { zone: Zone.GREEN, duration: durationFromMs(1_000) },
  [redriveDeadLetters.name]: { choice: { all: true } },
  [purgeDeadLetters.name]: { choice: { all: true } },
};

/** Whatever is needed for it to be done. */
function request({ name }: DescMethod): object {
  return { reason, ...requests[name] };
}

function fault(): never {
  throw new TypeError('a fault of ours');
}

const states: Readonly<
  Record<string, { rig?: RigOptions; request?: object; outcome: (method: DescMethod) => string }>
> = {
  'the engine starts': { rig: { view: () => undefined }, outcome: () => 'CONTROL_STARTING' },
  'there is no vault': {
    rig: { hasVault: false },
    outcome: ({ parent }) =>
      parent === ControlService || parent === DrainService ? 'done' : 'CONTROL_NOT_FOUND',
  },
  'the reason is too long': {
    request: { reason: 'x'.repeat(513) },
    outcome: () => 'CONTROL_INVALID',
  },
  'a fault of ours is in the way': { rig: { view: fault }, outcome: () => 'INTERNAL_FAULT' },
  'all is well': { outcome: () => 'done' },
};

for (const [state, { rig: options, request: changes, outcome }] of Object.entries(states)) {
  test(`each mutation is audited once when ${state}, with who and why`, async () => {
    const methods = await mutations();
    assert.ok(methods.length >= 9);
    for (const method of methods) {
      const rig = rigOf(options);
      const asked = { ...request(method), ...changes };
      await rig.call(method, asked);
      const end = outcome(method);
      const isBegun = end === 'done' && longOnes.includes(method.name);
      assert.deepEqual(
        rig.audit.mutations().map(({ wallMs: _, detail: __, ...line }) => line),
        [...(isBegun ? ['begun'] : []), end].map((each) => ({
          ...{ procedure: method.name, by: 'CN=ops', outcome: each },
          reason: changes === undefined ? reason : 'x'.repeat(512),
        })),
      );
    }
  });
}

test('each mutation has a reason in its request, where the audit finds it', async () => {
  for (const { input, name } of await mutations()) {
    const field = input.fields.find(({ localName }) => localName === 'reason');
    assert.equal(field?.scalar, ScalarType.STRING, name);
  }
});

function outcomesOf({ audit }: Pick<ReturnType<typeof rigOf>, 'audit'>): string[] {
  return audit.mutations().map(({ outcome }) => outcome);
}

test('what is refused further on is audited as what it was', async () => {
  const busy = new GopherShipError('CONTROL_BUSY', '32 questions wait, and no more may');
  for (const method of await mutations()) {
    const rig = rigOf();
    rig.replay.refusal = busy;
    rig.letters.answer = busy;
    await rig.call(method, request(method));
    const last = rig.audit.mutations().at(-1);
    const isAsked = method.parent === ReplayService || method.parent === DeadLetterService;
    assert.equal(last?.outcome, isAsked ? 'CONTROL_BUSY' : 'done');
    assert.match(last.detail, isAsked ? /^32 questions wait/ : /./);
  }
});

test('a dry run changes nothing and is no line, whatever becomes of it', async () => {
  for (const method of [redriveDeadLetters, purgeDeadLetters]) {
    for (const options of [{}, { view: () => undefined }, { view: fault }]) {
      const rig = rigOf(options);
      await rig.call(method, { ...request(method), dryRun: true });
      assert.deepEqual(rig.audit.mutations(), []);
    }
  }
});

test('the line of the begin is there before the work, and that of the end when it is over', async () => {
  for (const method of [redriveDeadLetters, purgeDeadLetters]) {
    const rig = rigOf();
    const { promise, resolve } = Promise.withResolvers<void>();
    let before: string[] = [];
    const { letters } = rig;
    const { workLetters } = letters;
    letters.workLetters = (command, progress) => {
      before = outcomesOf(rig);
      return workLetters.call(letters, command, progress);
    };
    letters.ending = promise;
    const left = new AbortController();
    const call = rig.call(method, request(method), left.signal);
    while (letters.commands.length === 0) await new Promise(setImmediate);
    assert.deepEqual(before, ['begun']);
    left.abort();
    await call;
    assert.deepEqual(outcomesOf(rig), ['begun'], 'the work goes on without its caller');
    resolve();
    await new Promise(setImmediate);
    assert.deepEqual(outcomesOf(rig), ['begun', 'done']);
  }
});

test('a caller who leaves in the middle of a change does not keep it out of the audit', async () => {
  const { replay, ...rig } = rigOf();
  const { promise, resolve } = Promise.withResolvers<void>();
  const { pause } = replay;
  replay.pause = () => promise.then(() => pause.call(replay));
  const left = new AbortController();
  const method = ReplayService.method.pauseReplay;
  const call = rig.call(method, request(method), left.signal);
  await new Promise(setImmediate);
  left.abort();
  await call;
  assert.deepEqual(outcomesOf(rig), []);
  resolve();
  await new Promise(setImmediate);
  assert.deepEqual(outcomesOf(rig), ['done']);
});

test('a stream that says nothing of its change is audited as what became of the stream', async () => {
  async function* answers(end?: Error) {
    yield 1;
    if (end !== undefined) throw end;
  }
  const rows: [message: AsyncGenerator<number>, readsMax: number, outcome: string][] = [
    [answers(), 2, 'done'],
    [answers(new GopherShipError('VAULT_FAILED', 'the disk')), 2, 'VAULT_FAILED'],
    [answers(), 1, 'Canceled'],
  ];
  for (const [message, readsMax, outcome] of rows) {
    const { audit } = rigOf();
    const asked = (async function* () {
      yield { reason };
    })();
    const next = async (request: { message: AsyncIterable<unknown> }) => {
      await read(request.message);
      return { stream: true, message };
    };
    const call = { stream: true, message: asked, method: purgeDeadLetters };
    const contextValues = createContextValues();
    // What the interceptor looks at; the rest of a call is left out.
    const through = mutationAudit(audit)(next as never);
    const response = await through({ ...call, contextValues } as never);
    const followed = (response.message as AsyncIterable<number>)[Symbol.asyncIterator]();
    for (let reads = 0; reads < readsMax; reads += 1) await followed.next().catch(() => {});
    await followed.return?.();
    assert.deepEqual(outcomesOf({ audit }), [outcome]);
  }
});
