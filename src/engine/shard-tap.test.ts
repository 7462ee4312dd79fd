import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { ScriptedDestination } from '../../test/support/scripted-destination.ts';
import { createRig, createVaultRig, FakeCall } from '../../test/support/shard-rig.ts';
import { KiB, tapCopiesUnreadMax, tapCopySizeBytesMax } from '../limits.ts';
import { Zone } from '../memory/zone-word.ts';
import { ShardTap } from './shard-tap.ts';

const intervalMs = 200;

class TapRig {
  readonly clock = new FakeClock();
  readonly bytes = new Uint8Array(new SharedArrayBuffer(256 * KiB));
  zone: Zone = Zone.Green;
  readonly tap = new ShardTap({
    clock: this.clock,
    bytes: this.bytes,
    zone: () => this.zone,
  });
  readonly #context: TestContext;

  constructor(context: TestContext) {
    this.#context = context;
    this.bytes.forEach((_, index, bytes) => {
      bytes[index] = index;
    });
  }

  /** What the main thread has then. */
  open(): MessagePort {
    return this.openBoth().port1;
  }

  openBoth(): MessageChannel {
    const channel = new MessageChannel();
    this.#context.after(() => channel.port1.close());
    this.tap.open({ port: channel.port2, intervalMs });
    return channel;
  }
}

function read(port: MessagePort): Uint8Array[] {
  const copies: Uint8Array[] = [];
  for (;;) {
    const received = receiveMessageOnPort(port);
    if (received === undefined) return copies;
    copies.push(received.message);
  }
}

test('offer() copies a body of shared memory, the first 64 KiB of it', (context) => {
  const rig = new TapRig(context);
  const port = rig.open();
  rig.tap.offer(100, 300);
  rig.clock.advance(intervalMs);
  rig.tap.offer(1_000, 100 * KiB);
  const [small, large] = read(port);
  assert.deepEqual(small, new Uint8Array(rig.bytes.slice(100, 400)));
  assert.equal(small?.buffer instanceof ArrayBuffer, true);
  assert.equal(large?.length, tapCopySizeBytesMax);
});

test('offer() copies one body an interval, however many there are', (context) => {
  const rig = new TapRig(context);
  const port = rig.open();
  const counts: number[] = [];
  for (let interval = 0; interval < 3; interval += 1) {
    for (let batch = 0; batch < 100; batch += 1) rig.tap.offer(0, 10);
    counts.push(read(port).length);
    rig.clock.advance(intervalMs);
  }
  assert.deepEqual(counts, [1, 1, 1]);
});

test('offer() waits for a main thread that does not read', async (context) => {
  const rig = new TapRig(context);
  const port = rig.open();
  const offer = () => {
    for (let batch = 0; batch < 3 * tapCopiesUnreadMax; batch += 1) {
      rig.clock.advance(intervalMs);
      rig.tap.offer(0, 10);
    }
    return read(port).length;
  };
  assert.equal(offer(), tapCopiesUnreadMax);
  assert.equal(offer(), 0);
  port.postMessage(undefined);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.equal(offer(), 1);
});

test('offer() copies nothing in Red', (context) => {
  const rig = new TapRig(context);
  const port = rig.open();
  rig.zone = Zone.Red;
  rig.tap.offer(0, 10);
  assert.deepEqual(read(port), []);
  rig.zone = Zone.Yellow;
  rig.tap.offer(0, 10);
  assert.equal(read(port).length, 1);
});

test('ShardTap is closed by the other end, and by no end of an earlier opening', async (context) => {
  const rig = new TapRig(context);
  assert.equal(rig.tap.isOpen, false);
  const earlier = rig.openBoth();
  assert.equal(rig.tap.isOpen, true);
  const later = rig.openBoth();
  const closed = async ({ port1, port2 }: MessageChannel) => {
    port1.close();
    await once(port2, 'close');
  };
  await closed(earlier);
  assert.equal(rig.tap.isOpen, true);
  await closed(later);
  assert.equal(rig.tap.isOpen, false);
});

class CountingTap {
  isOpen = true;
  offeredCount = 0;

  offer(): void {
    this.offeredCount += 1;
  }
}

test('accept() offers to an open tap what the scan found well formed, and nothing else', () => {
  const tap = new CountingTap();
  const destinations = () => [new ScriptedDestination('file')];
  createRig({ tap, destinations: destinations() }).shard.accept(new FakeCall(1));
  assert.equal(tap.offeredCount, 1);
  createRig({ tap, destinations: destinations(), malformed: 'field 1' }).shard.accept(
    new FakeCall(1),
  );
  createRig({ tap, destinations: destinations(), recordCount: 0 }).shard.accept(new FakeCall(1));
  const { shard, host } = createVaultRig({ tap });
  host.zone = Zone.Red;
  shard.accept(new FakeCall(1));
  shard.accept(new FakeCall(2, undefined, { encoding: 'gzip' }));
  assert.equal(tap.offeredCount, 1);
  tap.isOpen = false;
  createRig({ tap, destinations: destinations() }).shard.accept(new FakeCall(1));
  assert.equal(tap.offeredCount, 1);
});
