import assert from 'node:assert/strict';
import { test } from 'node:test';
import { continuationFramesMax, headerBlockSizeBytesMax } from './abuse-limits.ts';
import { FrameFlag } from './frame-format.ts';
import { HeaderAssembly, HeadersFault, readHeadersPayload } from './header-assembly.ts';

const start = { streamId: 1, endsStream: false, dependencyId: 0 };

test('take() gives the block together, and is ready for another', () => {
  const assembly = new HeaderAssembly();
  assert.equal(assembly.start, undefined);
  const fragment = Buffer.from('abc');
  assembly.begin(start, fragment);
  assert.equal(assembly.start, start);
  assembly.append(fragment.subarray(1));
  fragment.fill(0); // the chunk is somebody else's by now
  assert.equal(Buffer.from(assembly.take()).toString(), 'abcbc');
  assert.equal(assembly.start, undefined);
  assembly.begin(start, Buffer.from('x'));
  assert.equal(Buffer.from(assembly.take()).toString(), 'x');
});

test('append() refuses what is too long, and too many fragments', () => {
  const assembly = new HeaderAssembly();
  assembly.begin(start, new Uint8Array(headerBlockSizeBytesMax - 1));
  assert.equal(assembly.append(new Uint8Array(1)), true);
  assert.equal(assembly.append(new Uint8Array(1)), false);
  const other = new HeaderAssembly();
  other.begin(start, new Uint8Array(1));
  for (let count = 0; count < continuationFramesMax; count += 1) {
    assert.equal(other.append(new Uint8Array(0)), true);
  }
  assert.equal(other.append(new Uint8Array(0)), false);
});

test('readHeadersPayload() finds the fragment between padding and priority', () => {
  const read = (flags: number, ...bytes: readonly number[]) =>
    readHeadersPayload(flags, Uint8Array.of(0xee, ...bytes, 0xee), 1, 1 + bytes.length);
  const both = FrameFlag.Padded | FrameFlag.Priority;
  assert.deepEqual(read(0, 7, 8), { fromBytes: 1, toBytes: 3, dependencyId: 0 });
  assert.deepEqual(read(FrameFlag.Padded, 1, 8, 0), { fromBytes: 2, toBytes: 3, dependencyId: 0 });
  assert.deepEqual(read(FrameFlag.Priority, 0x80, 0, 0, 5, 16, 8), {
    fromBytes: 6,
    toBytes: 7,
    dependencyId: 5,
  });
  assert.deepEqual(read(both, 1, 0, 0, 0, 3, 16, 8, 0), {
    fromBytes: 7,
    toBytes: 8,
    dependencyId: 3,
  });
  assert.deepEqual(read(FrameFlag.Padded, 2, 0, 0), { fromBytes: 2, toBytes: 2, dependencyId: 0 });
  assert.equal(read(FrameFlag.Padded, 3, 0, 0), HeadersFault.PadLength);
  assert.equal(read(both, 2, 0, 0, 0, 3, 16, 8), HeadersFault.PadLength);
  assert.equal(read(FrameFlag.Padded), HeadersFault.FrameSize);
  assert.equal(read(FrameFlag.Priority, 0, 0, 0, 5), HeadersFault.FrameSize);
  assert.equal(read(both, 0, 0, 0, 0, 5), HeadersFault.FrameSize);
});
