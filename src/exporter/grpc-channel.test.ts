import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { ChannelConnection, ConnectionEvents } from './connection-slot.ts';
import { EndpointResolver } from './endpoint-resolver.ts';
import { GrpcChannel } from './grpc-channel.ts';

class FakeConnection implements ChannelConnection {
  readonly address: string;
  readonly silenceMsMax: number;
  isReady = false;
  isProven = true;
  inFlight = 0;
  state: 'open' | 'leaving' | 'destroyed' = 'open';
  readonly #events: ConnectionEvents;

  constructor(address: string, silenceMsMax: number, events: ConnectionEvents) {
    this.address = address;
    this.silenceMsMax = silenceMsMax;
    this.#events = events;
  }

  up(): void {
    this.isReady = true;
    this.#events.onReady();
  }

  sendAway(tooManyPings: boolean): void {
    this.isReady = false;
    this.#events.onLeaving(tooManyPings);
  }

  fail(isProven = false): void {
    this.isReady = false;
    this.isProven = isProven;
    this.#events.onClosed('lost');
  }

  leave(): void {
    this.isReady = false;
    this.state = 'leaving';
  }

  destroy(): void {
    this.isReady = false;
    this.state = 'destroyed';
  }
}

type Answer = readonly string[] | Error | 'hangs';

class ChannelBench {
  readonly clock = new FakeClock();
  readonly connections: FakeConnection[] = [];
  answer: Answer;
  lookups = 0;
  /** What the jitter is made of. */
  random = 0.5;
  readonly channel: GrpcChannel<FakeConnection>;

  constructor(answer: Answer, balancer: 'round_robin' | 'pick_first' = 'round_robin') {
    this.answer = answer;
    const { clock } = this;
    this.channel = new GrpcChannel({
      resolver: new EndpointResolver('collector', clock, () => this.#lookUp()),
      balancer,
      clock,
      random: () => this.random,
      connect: async (address, silenceMsMax, events) => {
        const connection = new FakeConnection(address, silenceMsMax, events);
        this.connections.push(connection);
        return connection;
      },
      onReady: () => {},
    });
  }

  get last(): FakeConnection {
    const last = this.connections.at(-1);
    assert.ok(last !== undefined, 'no connection yet');
    return last;
  }

  /** Of every connection made so far. */
  get addresses(): string[] {
    return this.connections.map(({ address }) => address);
  }

  /**
   * Asks for a first connection, which nobody needs to wait for, and lets those that it makes come
   * up.
   */
  async start(): Promise<void> {
    void this.channel.acquire(1);
    await this.advance(1);
    for (const connection of this.connections) connection.up();
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** The addresses that the next `count` requests go to. */
  async turns(count: number): Promise<(string | undefined)[]> {
    const turns: (string | undefined)[] = [];
    for (let turn = 0; turn < count; turn += 1) {
      turns.push((await this.channel.acquire(0))?.address);
    }
    return turns.toSorted();
  }

  #lookUp(): Promise<readonly string[]> {
    this.lookups += 1;
    const { answer } = this;
    if (answer === 'hangs') return new Promise(() => {});
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
}

test('acquire() takes turns among the addresses, and follows them when they change', async () => {
  const bench = new ChannelBench(['a', 'b', 'b']);
  await bench.start();
  assert.deepEqual(await bench.turns(4), ['a', 'a', 'b', 'b']);

  bench.answer = ['b', 'c'];
  await bench.advance(60_000);
  assert.deepEqual(bench.addresses, ['a', 'b', 'c'], 'b is kept');
  assert.equal(bench.connections[0]?.state, 'leaving');
  assert.deepEqual(await bench.turns(2), ['b', 'b'], 'c is not up yet');
  bench.last.up();
  assert.deepEqual(await bench.turns(4), ['b', 'b', 'c', 'c']);

  bench.connections[0]?.fail(true);
  await bench.advance(50_000);
  assert.deepEqual(bench.addresses, ['a', 'b', 'c'], 'an address that is gone is not tried again');
});

test('acquire() keeps the addresses that it has while lookups fail, bring nothing or hang', async () => {
  const bench = new ChannelBench(['a', 'b']);
  await bench.start();
  for (const answer of [new Error('SERVFAIL'), [], 'hangs'] as const) {
    bench.answer = answer;
    const { lookups } = bench;
    await bench.advance(70_000);
    assert.ok(bench.lookups > lookups);
    assert.deepEqual(await bench.turns(4), ['a', 'a', 'b', 'b']);
  }
  // The lookup still hangs: a connection that fails is replaced all the same.
  bench.connections[0]?.fail();
  await bench.advance(1_000);
  await bench.advance(2_000);
  assert.deepEqual(bench.addresses, ['a', 'b', 'a']);
});

test('acquire() has no connection in time, and no error, while the name cannot be looked up', async () => {
  for (const answer of [new Error('ENOTFOUND collector'), 'hangs'] as const) {
    const bench = new ChannelBench(answer);
    const acquired = bench.channel.acquire(5_000);
    await bench.advance(5_000);
    assert.equal(await acquired, undefined);
    assert.equal(bench.connections.length, 0);
    bench.channel.close();
    assert.equal(await bench.channel.acquire(5_000), undefined);
  }
});

test('a failed address is looked up again before the next connection', async () => {
  const bench = new ChannelBench(['a']);
  await bench.start();
  bench.answer = ['b'];
  bench.last.fail();
  await bench.advance(999);
  assert.deepEqual(bench.addresses, ['a']);
  await bench.advance(1);
  assert.equal(bench.addresses.at(-1), 'b');
});

test('pick_first has one connection, and goes on to the next address when it fails', async () => {
  const bench = new ChannelBench(['a', 'b', 'c'], 'pick_first');
  await bench.start();
  assert.deepEqual(bench.addresses, ['a']);
  for (const next of ['b', 'c']) {
    bench.last.fail();
    await bench.advance(0);
    assert.equal(bench.last.address, next);
  }
  bench.last.fail();
  await bench.advance(999);
  assert.equal(bench.last.address, 'c', 'all were tried: now it waits');
  await bench.advance(1);
  assert.equal(bench.last.address, 'a');
});

test('too_many_pings doubles the silence after which the following connections ping, up to a bound', async () => {
  const bench = new ChannelBench(['a']);
  await bench.start();
  for (let round = 0; round < 8; round += 1) {
    bench.last.sendAway(round !== 3);
    await bench.advance(0);
    bench.last.up();
  }
  const seconds = bench.connections.map(({ silenceMsMax }) => silenceMsMax / 1_000);
  assert.deepEqual(seconds, [10, 20, 40, 80, 80, 160, 320, 600, 600]);
});

test('a connection is replaced after 30 min +-10 %, and leaves when the new one is ready', async () => {
  for (const { random, ageMs } of [
    { random: 0, ageMs: 27 * 60_000 },
    { random: 0.5, ageMs: 30 * 60_000 },
    { random: 1, ageMs: 33 * 60_000 },
  ]) {
    const bench = new ChannelBench(['a']);
    bench.random = random;
    await bench.start();
    const [first] = bench.connections;
    await bench.advance(ageMs - 1);
    assert.equal(bench.connections.length, 1);
    await bench.advance(2);
    assert.equal(bench.connections.length, 2);
    assert.equal(first?.state, 'open');
    assert.equal(await bench.channel.acquire(0), first);
    bench.last.up();
    assert.equal(first?.state, 'leaving');
    assert.equal(await bench.channel.acquire(0), bench.last);
  }
});

test('a connection that the server closed while idle is opened again only when it is needed', async () => {
  const bench = new ChannelBench(['a']);
  await bench.start();
  bench.last.fail(true);
  await bench.advance(10 * 60_000);
  assert.equal(bench.connections.length, 1);
  const acquired = bench.channel.acquire(5_000);
  await bench.advance(0);
  bench.last.up();
  assert.equal((await acquired)?.address, 'a');
  assert.equal(bench.connections.length, 2);
});

test('close() ends every connection, those that are leaving too, and every timer', async () => {
  const bench = new ChannelBench(['a', 'b']);
  await bench.start();
  bench.connections[0]?.sendAway(false);
  await bench.advance(0);
  bench.channel.close();
  await bench.advance(0);
  assert.deepEqual(
    bench.connections.map(({ state }) => state),
    ['destroyed', 'destroyed', 'destroyed'],
  );
  assert.equal(bench.clock.pendingCount, 0);
});

test('acquire() gives up as soon as no address can be reached, and not before', async () => {
  const bench = new ChannelBench(['1.1.1.1', '2.2.2.2']);
  let acquired: FakeConnection | 'waits' | undefined = 'waits';
  void bench.channel.acquire(60_000).then((connection) => {
    acquired = connection;
  });
  await bench.advance(0);
  bench.connections[0]?.fail();
  await bench.advance(0);
  assert.equal(acquired, 'waits', 'the other one may still answer');
  bench.connections[1]?.fail();
  await bench.advance(0);
  assert.equal(acquired, undefined);

  const nameless = new ChannelBench(new Error('no such host'));
  assert.equal(await nameless.channel.acquire(60_000), undefined);
});
