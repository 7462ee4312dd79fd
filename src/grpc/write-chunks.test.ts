import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiB } from '../limits.ts';
import { writeChunks } from './write-chunks.ts';

test('writeChunks() gives the same bytes in order, in views of 128 KiB at most', () => {
  const bytes = Uint8Array.from({ length: 300 * KiB }, (_, index) => index % 251);
  const pieces = [bytes.subarray(0, 5), bytes.subarray(5, 5), bytes.subarray(5)];
  const chunks = [...writeChunks(pieces)];
  assert.deepEqual(Buffer.concat(chunks), Buffer.from(bytes));
  assert.ok(chunks.every((chunk) => chunk.length > 0 && chunk.length <= 128 * KiB));
  assert.ok(chunks.every((chunk) => chunk.buffer === bytes.buffer));
  assert.deepEqual([...writeChunks([])], []);
});
