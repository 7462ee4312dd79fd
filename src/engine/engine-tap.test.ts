import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { MessagePort } from 'node:worker_threads';
import { tapCopiesPerSecondMax } from '../limits.ts';
import { EngineTap } from './engine-tap.ts';
import type { ToShard } from './thread-messages.ts';

/** A shard as the supervisor has it: keeps the port of the tap. */
class FakeShard {
  port: MessagePort | undefined;
  intervalMs = 0;
  openedCount = 0;

  tell(message: ToShard): void {
    assert(message.kind === 'tap');
    this.port = message.port;
    this.intervalMs = message.intervalMs;
    this.openedCount += 1;
  }

  /** Resolves when the main thread has read it. */
  async copy(body: Uint8Array): Promise<void> {
    const { port } = this;
    assert(port !== undefined);
    const answered = once(port, 'message');
    port.postMessage(body);
    await answered;
  }
}

test('open() tells every shard once, and all that look get what each copies', async () => {
  const shards = [new FakeShard(), new FakeShard()];
  const tap = new EngineTap(shards);
  const got: string[] = [];
  const first = tap.open((body) => got.push(`first ${body[0]}`));
  const second = tap.open((body) => got.push(`second ${body[0]}`));
  await shards[0]?.copy(Uint8Array.of(1));
  await shards[1]?.copy(Uint8Array.of(2));
  second.close();
  second.close();
  await shards[1]?.copy(Uint8Array.of(3));
  first.close();
  assert.deepEqual(got, ['first 1', 'second 1', 'first 2', 'second 2', 'first 3']);
  assert.deepEqual(
    shards.map(({ openedCount }) => openedCount),
    [1, 1],
  );
});

test('open() leaves so many copies a second to all shards together', () => {
  const shards = [new FakeShard(), new FakeShard(), new FakeShard()];
  const { close } = new EngineTap(shards).open(() => {});
  const perSecond = shards.reduce((sum, { intervalMs }) => sum + 1_000 / intervalMs, 0);
  assert.equal(Math.round(perSecond), tapCopiesPerSecondMax);
  close();
});

test('close() of the last that looks closes every port, and the next one opens new ones', async () => {
  const shard = new FakeShard();
  const tap = new EngineTap([shard]);
  const opened = tap.open(() => {});
  const { port } = shard;
  assert(port !== undefined);
  const closed = once(port, 'close');
  opened.close();
  await closed;
  tap.open(() => {}).close();
  assert.equal(shard.openedCount, 2);
  assert.notEqual(shard.port, port);
});
