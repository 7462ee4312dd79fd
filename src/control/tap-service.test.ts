import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { createHandlerContext } from '@connectrpc/connect';
import { ControlRig } from '../../test/support/control-rig.ts';
import { numberedBody } from '../../test/support/tapped-body.ts';
import {
  TapRequestSchema,
  type TapResponse,
  TapService,
} from '../generated/gophership/control/v1/tap_pb.js';
import {
  tapMatchesMax,
  tapSampledPerSecondMax,
  tapShownPerSecondMax,
  tapStreamsMax,
  tapUnreadMax,
} from '../limits.ts';
import { ShardCounter } from '../memory/state-page.ts';
import { tapService } from './tap-service.ts';

interface Asked {
  readonly matches?: readonly { readonly key: string; readonly value: string }[];
  readonly limit?: number;
}

class TapRig extends ControlRig {
  readonly taps = tapService({
    view: () => (this.isRunning ? this.view : undefined),
    clock: this.clock,
  });
  readonly #context: TestContext;

  constructor(context: TestContext) {
    super();
    this.#context = context;
  }

  look({ matches = [], limit = 0 }: Asked = {}): TapReader {
    const controller = new AbortController();
    this.#context.after(() => controller.abort());
    const context = createHandlerContext({
      ...{ service: TapService, method: TapService.method.tap },
      ...{ protocolName: 'grpc', requestMethod: 'POST', url: 'https://engine/' },
      requestSignal: controller.signal,
    });
    const request = create(TapRequestSchema, { matches: [...matches], limit });
    return new TapReader(this.taps.tap(request, context), controller);
  }

  /** One that has been told how far it is, and so looks at what comes in. */
  async looking(asked: Asked = {}): Promise<TapReader> {
    const reader = this.look(asked);
    assert.match(await reader.next(), /^progress 0/);
    return reader;
  }
}

/** What a client gets, in words. */
class TapReader {
  readonly controller: AbortController;
  readonly #messages: AsyncIterator<unknown>;

  constructor(messages: AsyncIterable<unknown>, controller: AbortController) {
    this.#messages = messages[Symbol.asyncIterator]();
    this.controller = controller;
  }

  async next(): Promise<string> {
    try {
      const { done, value } = await this.#messages.next();
      return done === true ? 'end' : words(value as TapResponse); // a tap gives nothing else
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async some(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push(await this.next());
    return texts;
  }
}

function words({ event }: TapResponse): string {
  if (event.case === 'record') return event.value.body;
  if (event.case === 'heartbeat') return `zone ${event.value}`;
  assert(event.case === 'progress');
  const { sampledRecords, matchedRecords, skippedRecords, receivedRecords } = event.value;
  return `progress ${sampledRecords} ${matchedRecords} ${skippedRecords} ${receivedRecords}`;
}

test('tap() gives records as they come in, and ends at its limit with what it looked at', async (context) => {
  const rig = new TapRig(context);
  rig.statePage.shard(0).add(ShardCounter.ReceivedRecords, 1_000);
  const reader = await rig.looking({ limit: 3 });
  rig.statePage.shard(1).add(ShardCounter.ReceivedRecords, 500);
  rig.tap.give(numberedBody('a', 2));
  rig.tap.give(numberedBody('b', 2));
  assert.deepEqual(await reader.some(5), ['a 0', 'a 1', 'b 0', 'progress 4 4 0 500', 'end']);
  assert.equal(rig.tap.openCount, 0);
});

test('tap() gives what meets its matches', async (context) => {
  const rig = new TapRig(context);
  const readers = [
    await rig.looking({ matches: [{ key: 'body', value: '1' }] }),
    await rig.looking({ matches: [{ key: 'service.name', value: 'till' }], limit: 1 }),
  ];
  rig.tap.give(numberedBody('a', 3, 'shop'));
  rig.tap.give(numberedBody('b', 1, 'till'));
  assert.equal(await readers[0]?.next(), 'a 1');
  assert.deepEqual(await readers[1]?.some(2), ['b 0', 'progress 4 1 0 0']);
});

test('tap() looks only while somebody is there, once for all', async (context) => {
  const rig = new TapRig(context);
  assert.equal(rig.tap.openCount, 0);
  const readers = [await rig.looking(), await rig.looking()];
  assert.equal(rig.tap.openCount, 1);
  readers[0]?.controller.abort();
  assert.equal(rig.tap.openCount, 1);
  readers[1]?.controller.abort();
  assert.equal(rig.tap.openCount, 0);
  assert.equal(rig.clock.pendingCount, 0);
  const again = await rig.looking();
  rig.tap.give(numberedBody('a', 1));
  assert.equal(await again.next(), 'a 0');
});

test('tap() shows so many records a second, and counts those that it does not', async (context) => {
  const rig = new TapRig(context);
  const reader = await rig.looking();
  let read = reader.next();
  let shownCount = 0;
  for (let second = 0; second < 4; second += 1) {
    for (let body = 0; body < 10; body += 1) {
      rig.tap.give(numberedBody('a', 10));
      rig.clock.advance(100);
      while ((await Promise.race([read, later()])) !== 'later') {
        if (/^a/.test(await read)) shownCount += 1;
        read = reader.next();
      }
    }
  }
  // After the start, so many at once.
  assert.ok(Math.abs(shownCount - (tapUnreadMax + 4 * tapShownPerSecondMax)) <= 2, `${shownCount}`);
  rig.clock.advance(5_000);
  assert.equal(await read, `progress 400 400 ${400 - shownCount} 0`);
});

function later(): Promise<string> {
  return new Promise((resolve) => setImmediate(() => resolve('later')));
}

test('tap() keeps so many records for a client that is slow', async (context) => {
  const rig = new TapRig(context);
  const reader = await rig.looking();
  for (let second = 0; second < 30; second += 1) {
    rig.tap.give(numberedBody(`second ${second}`, 20));
    rig.clock.advance(1_000);
  }
  const texts = await reader.some(tapUnreadMax);
  assert.deepEqual(texts.slice(0, 2), ['second 0 0', 'second 0 1']);
  rig.clock.advance(1_000);
  assert.equal(await reader.next(), `progress 600 600 ${600 - tapUnreadMax} 0`);
});

test('tap() decodes so many records a second, however many bodies come', async (context) => {
  const rig = new TapRig(context);
  const reader = await rig.looking({ matches: [{ key: 'body', value: 'nothing' }] });
  for (let tenth = 0; tenth < 50; tenth += 1) {
    rig.tap.give(numberedBody('a', 1_000));
    rig.clock.advance(100);
  }
  const sampledCount = Number((await reader.next()).split(' ')[1]);
  assert.ok(sampledCount <= 6 * tapSampledPerSecondMax, `${sampledCount} in 5 s`);
  assert.ok(sampledCount >= 5 * tapSampledPerSecondMax, `${sampledCount} in 5 s`);
});

test('tap() is refused in Red, and pauses in it with heartbeats', async (context) => {
  const rig = new TapRig(context);
  const reader = await rig.looking();
  rig.override('red');
  rig.tap.give(numberedBody('copied before', 1));
  assert.match(await rig.look().next(), /CONTROL_TAP_PAUSED: the zone is Red/);
  rig.clock.advance(1_000);
  assert.equal(await reader.next(), 'zone 3');
  for (let second = 0; second < 4; second += 1) rig.clock.advance(1_000);
  const beat = reader.next();
  assert.equal(await Promise.race([beat, later()]), 'later');
  rig.clock.advance(1_000);
  assert.equal(await beat, 'zone 3');
  rig.override('yellow');
  rig.clock.advance(1_000);
  assert.equal(await reader.next(), 'progress 0 0 0 0');
  rig.override('red');
  rig.clock.advance(1_000);
  assert.equal(await reader.next(), 'zone 3');
  rig.override('green');
  rig.tap.give(numberedBody('a', 1));
  assert.deepEqual(await reader.some(2), ['progress 0 0 0 0', 'a 0']);
});

test('tap() has places for so many, and a place is free when somebody leaves', async (context) => {
  const rig = new TapRig(context);
  const readers: TapReader[] = [];
  while (readers.length < tapStreamsMax) readers.push(await rig.looking());
  assert.match(await rig.look().next(), /CONTROL_BUSY/);
  readers[0]?.controller.abort();
  await rig.looking();
});

test('tap() refuses what it cannot do', async (context) => {
  const rig = new TapRig(context);
  const match = { key: 'a', value: 'b' };
  const many = Array.from({ length: tapMatchesMax + 1 }, () => match);
  assert.match(await rig.look({ matches: many }).next(), /CONTROL_INVALID: at most 8/);
  assert.match(await rig.look({ matches: [{ key: '', value: 'x' }] }).next(), /CONTROL_INVALID/);
  rig.isRunning = false;
  assert.match(await rig.look().next(), /CONTROL_STARTING/);
});
