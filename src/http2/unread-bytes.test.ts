import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { OutputBuffers } from './output-buffers.ts';
import { UnreadBytes } from './unread-bytes.ts';

class CountedBuffers extends OutputBuffers {
  outCount = 0;

  override take(sizeBytes: number): Buffer {
    this.outCount += 1;
    return super.take(sizeBytes).fill(0xee);
  }

  override give(buffer: Buffer): void {
    this.outCount -= 1;
    buffer.fill(0xee); // whoever still reads it sees that
    super.give(buffer);
  }
}

test('UnreadBytes gives back in order what was appended, and its blocks with the last of it', (context) => {
  const step = fc.oneof(
    fc.record({ append: fc.integer({ min: 0, max: 20_000 }) }),
    fc.record({ read: fc.integer({ min: 1, max: 5_000 }) }),
    fc.constant({ clear: true } as const),
  );
  const check = (steps: readonly object[]) => {
    const buffers = new CountedBuffers();
    const unread = new UnreadBytes(buffers);
    let expected = Buffer.alloc(0);
    let next = 0;
    for (const one of steps) {
      if ('append' in one) {
        const chunk = Buffer.from(
          Uint8Array.from({ length: Number(one.append) }, () => next++ % 251),
        );
        const place = Buffer.from(chunk);
        unread.offer(place);
        unread.keep();
        place.fill(0xee);
        expected = Buffer.concat([expected, chunk]);
      } else if ('read' in one) {
        const first = unread.first();
        assert.equal(first.length > 0, expected.length > 0);
        const sizeBytes = Math.min(Number(one.read), first.length);
        assert.deepEqual(Buffer.from(first), expected.subarray(0, first.length));
        unread.read(sizeBytes);
        expected = expected.subarray(sizeBytes);
      } else {
        unread.clear();
        expected = Buffer.alloc(0);
      }
      assert.equal(unread.sizeBytes, expected.length);
      const blocksMax = Math.ceil(expected.length / 4_096) + 1;
      assert.ok(buffers.outCount <= (expected.length === 0 ? 0 : blocksMax));
    }
  };
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), check), { seed: testSeed(context) });
});

test('UnreadBytes.first() is the chunk itself as long as nothing waits before it', () => {
  const unread = new UnreadBytes(new OutputBuffers());
  const chunk = Buffer.from('abcdef');
  unread.offer(chunk);
  assert.equal(unread.first(), chunk);
  unread.read(2);
  assert.equal(String(Buffer.from(unread.first())), 'cdef');
  unread.keep();
  chunk.fill(0);
  unread.offer(Buffer.from('gh'));
  assert.equal(String(Buffer.from(unread.first())), 'cdefgh');
  unread.keep();
  assert.equal(unread.sizeBytes, 6);
});
