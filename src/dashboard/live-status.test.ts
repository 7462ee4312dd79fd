import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { CallFault } from './call-fault.ts';
import { LiveStatus, type LiveStatusParts } from './live-status.ts';
import type { Streams } from './procedures.ts';

type Message = Streams['ControlService/WatchStatus'][1];

/** An engine that says what the test has it say. */
class FakeEngine {
  readonly clock = new FakeClock();
  streamCount = 0;
  callCount = 0;
  answer: Message['status'];
  #say: ((message: Message) => void) | undefined;
  #break: ((fault: CallFault) => void) | undefined;
  readonly live: LiveStatus;
  readonly end = new AbortController();
  readonly running: Promise<void>;

  readonly #refusal: CallFault | undefined;

  /** @param refusal of streams */
  constructor(refusal?: CallFault) {
    this.#refusal = refusal;
    this.live = new LiveStatus({ client: this.#client(), clock: this.clock, random: () => 1 });
    this.running = this.live.run(this.end.signal);
  }

  async say(message: Message): Promise<void> {
    this.#say?.(message);
    await turns();
  }

  async breaks(fault: CallFault): Promise<void> {
    this.#break?.(fault);
    await turns();
  }

  async passes(ms: number): Promise<void> {
    this.clock.advance(ms);
    await turns();
  }

  #client(): LiveStatusParts['client'] {
    const stream = (_procedure: unknown, _request: unknown, signal: AbortSignal) => {
      this.streamCount += 1;
      return this.#messages(signal);
    };
    const call = async () => {
      this.callCount += 1;
      return { status: this.answer };
    };
    // Only these two procedures are asked for.
    return { stream, call } as unknown as LiveStatusParts['client'];
  }

  async *#messages(signal: AbortSignal): AsyncGenerator<Message> {
    if (this.#refusal !== undefined) throw this.#refusal;
    for (;;) {
      const next = Promise.withResolvers<Message>();
      this.#say = next.resolve;
      this.#break = next.reject;
      signal.addEventListener('abort', () => next.reject(new Error('aborted')));
      yield await next.promise;
    }
  }
}

/** What is settled is heard. */
async function turns(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await new Promise(setImmediate);
}

const green: Message = { status: { host: 'web-1', zone: { zone: 'ZONE_GREEN' } } };
const engines: FakeEngine[] = [];
async function started(): Promise<FakeEngine> {
  const engine = new FakeEngine();
  engines.push(engine);
  await turns();
  return engine;
}
afterEach(async () => {
  for (const engine of engines.splice(0)) {
    engine.end.abort();
    await engine.running;
  }
});

describe('LiveStatus', () => {
  it('has the newest status, and the moment it came', async () => {
    const engine = await started();
    assert.equal(engine.live.link.value.kind, 'connecting');
    await engine.say(green);
    assert.equal(engine.live.link.value.kind, 'live');
    assert.equal(engine.live.zone.value, 'green');
    const { value, atMs } = engine.live.status.value!;
    assert.deepEqual([value.host, atMs], ['web-1', engine.clock.nowMs()]);
  });

  it('keeps the last status, and says that it pauses, when heartbeats come', async () => {
    const engine = await started();
    await engine.say(green);
    const before = engine.live.status.value;
    await engine.say({ heartbeat: 'ZONE_RED' });
    assert.equal(engine.live.link.value.kind, 'paused');
    assert.equal(engine.live.zone.value, 'red');
    assert.equal(engine.live.status.value, before);
  });

  it('comes back after a break, later each time, and says since when', async () => {
    const engine = await started();
    await engine.say(green);
    const sinceMs = engine.clock.nowMs();
    const fault = new CallFault('UNREACHABLE', 'gone', '', 'silent');
    for (const delayMs of [1_000, 2_000, 4_000]) {
      const before = engine.streamCount;
      await engine.breaks(fault);
      assert.deepEqual(engine.live.link.value, { kind: 'lost', fault, sinceMs });
      await engine.passes(delayMs - 1);
      assert.equal(engine.streamCount, before);
      await engine.passes(1);
      assert.equal(engine.streamCount, before + 1);
    }
    await engine.say(green);
    await engine.breaks(fault);
    await engine.passes(1_000);
    await engine.say(green);
    assert.equal(engine.live.link.value.kind, 'live');
  });

  it('takes a stream that is silent for broken', async () => {
    const engine = await started();
    await engine.say(green);
    await engine.passes(15_000);
    assert.equal(engine.live.link.value.kind, 'lost');
    await engine.passes(1_000);
    assert.equal(engine.streamCount, 2);
  });

  it('asks instead where no stream is free: each second, in Yellow and Red every five', async () => {
    const engine = new FakeEngine(new CallFault('CONTROL_BUSY', '4 of 4', '', 'busy'));
    engines.push(engine);
    engine.answer = green.status;
    await turns();
    assert.deepEqual([engine.callCount, engine.live.zone.value], [1, 'green']);
    engine.answer = { zone: { zone: 'ZONE_RED' } };
    await engine.passes(1_000);
    assert.deepEqual([engine.callCount, engine.live.link.value.kind], [2, 'paused']);
    await engine.passes(4_999);
    assert.equal(engine.callCount, 2);
    await engine.passes(1);
    assert.equal(engine.callCount, 3);
  });

  it('take() changes the way without a word of trouble; at rest nothing is asked', async () => {
    const engine = await started();
    engine.answer = green.status;
    await engine.say(green);
    engine.live.take('rest');
    await engine.passes(60_000);
    assert.deepEqual([engine.streamCount, engine.callCount], [1, 0]);
    assert.equal(engine.live.link.value.kind, 'live');
    engine.live.take('poll');
    await turns();
    assert.equal(engine.callCount, 1);
    engine.live.take('watch');
    await turns();
    assert.equal(engine.streamCount, 2);
  });

  it('askOnce() gets a status while the stream pauses, which goes on pausing', async () => {
    const engine = await started();
    await engine.say({ heartbeat: 'ZONE_RED' });
    engine.answer = { host: 'web-1', zone: { zone: 'ZONE_RED' } };
    await engine.live.askOnce();
    assert.equal(engine.live.status.value?.value.host, 'web-1');
    assert.equal(engine.live.link.value.kind, 'paused');
  });

  it('run() ends when the session has ended', async () => {
    const engine = await started();
    await engine.breaks(new CallFault('DENIED', 'ended', '', 'ended'));
    await engine.running;
    assert.equal(engine.live.link.value.kind, 'over');
  });
});
