import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallArena } from '../../test/support/small-arena.ts';
import { MiB } from '../limits.ts';
import { Arena } from './arena.ts';
import { arenaPageSizeBytes } from './region.ts';

test('create() makes shared memory of the size of the layout, which cannot grow', () => {
  const arena = smallArena();
  assert.ok(arena.buffer instanceof SharedArrayBuffer);
  assert.equal(arena.buffer.byteLength, arena.layout.sizeBytes);
  assert.equal(arena.bytes.buffer, arena.buffer);
  assert.throws(() => arena.memory.grow(1), RangeError);
});

test('create() touches every page, so that the memory is the process’s from the start', () => {
  const rssBytes = process.memoryUsage.rss();
  const arena = smallArena({ largePageCount: (96 * MiB) / arenaPageSizeBytes });
  const grownBytes = process.memoryUsage.rss() - rssBytes;
  // The margin is for what the collector may give back in between.
  assert.ok(grownBytes > 0.8 * arena.layout.sizeBytes, `grown by ${grownBytes} bytes`);
});

test('attach() sees the same bytes through clones of memory and layout', () => {
  const arena = smallArena();
  const { memory, layout } = structuredClone({ memory: arena.memory, layout: arena.layout });
  const attached = Arena.attach(memory, layout);
  arena.bytes[arena.layout.sizeBytes - 1] = 7;
  assert.equal(attached.bytes[layout.sizeBytes - 1], 7);
  assert.deepEqual(attached.layout, arena.layout);
});

test('attach() takes neither memory of another size nor memory that is not shared', () => {
  const { layout, memory } = smallArena();
  const larger = { ...layout, sizeBytes: layout.sizeBytes + arenaPageSizeBytes };
  assert.throws(() => Arena.attach(memory, larger), { name: 'AssertionFailed' });
  const unshared = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  assert.throws(() => Arena.attach(unshared, layout), { name: 'AssertionFailed' });
});
