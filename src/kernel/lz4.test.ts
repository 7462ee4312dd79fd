import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { Lz4Check } from '../../test/kernel/lz4-check.ts';
import { referenceBlock, referenceFrame } from '../../test/kernel/lz4-reference.ts';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { typicalRequest } from '../../test/support/typical-request.ts';
import { text } from '../../test/support/wire-bytes.ts';
import { Kernel } from './kernel.ts';
import {
  compressedBlockSizeBytesMax,
  frameSizeBytesMax,
  Lz4Status,
  lz4AccelerationMax,
  lz4BlockSizeBytesMax,
  lz4TableSizeBytes,
} from './lz4-abi.ts';

const lz4Check = new Lz4Check(1024 * 1024);

/** Through both compressors with just enough room and back; returns the size of the frame. */
function check(content: Uint8Array, acceleration = 1): number {
  const size = content.length;
  if (size <= lz4BlockSizeBytesMax) {
    const room = compressedBlockSizeBytesMax(size);
    const block = lz4Check.compress('block', content, room, acceleration);
    assert.ok(typeof block !== 'number', 'no room where there must be');
    const read = referenceBlock({ bytes: block, capacityBytes: size, asWriter: true });
    expectSame(read, content);
    expectSame(lz4Check.decode('block', block, size), content);
  }
  const frame = lz4Check.compress('frame', content, frameSizeBytesMax(size), acceleration);
  assert.ok(typeof frame !== 'number', 'no room where there must be');
  expectSame(referenceFrame(frame, size, true), content);
  expectSame(lz4Check.decode('frame', frame, size), content);
  return frame.length;
}

/** Like deepEqual(), which would print 64 KiB. */
function expectSame(decoded: Uint8Array | Lz4Status, content: Uint8Array): void {
  assert.ok(typeof decoded !== 'number', `status ${decoded}`);
  assert.ok(Buffer.from(content).equals(decoded), `${content.length} bytes differ`);
}

/** Sizes from 0 to 70,000 where something may change. */
function sizesAround(): number[] {
  const small = Array.from({ length: 80 }, (_, size) => size);
  const middle = [255, 269, 270, 271, 525, 526, 1023, 1024, 1025, 4096, 32_768];
  const ends = [12, 8, 5, 4, 1, 0, -1, -5, -12, -13, -4464];
  return [...small, ...middle, ...ends.map((less) => lz4BlockSizeBytesMax - less)];
}

it('compressFrame() of repetitive contents comes back at every size and shrinks', () => {
  for (const size of sizesAround()) {
    check(new Uint8Array(size));
    const frameSize = check(Uint8Array.from({ length: size }, (_, at) => (at % 7) * 16));
    assert.ok(size < 70 || frameSize < 70 + size / 200, `${size} bytes became ${frameSize}`);
  }
});

it('compressFrame() stores what does not shrink: at most 4 bytes a block and 19', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (const size of [...sizesAround(), 2 * 65_536, 2 * 65_536 + 1]) {
    const noise = Uint8Array.from({ length: size }, () => random.next());
    assert.equal(check(noise), frameSizeBytesMax(size));
    // One byte less of room is refused, and nothing behind it is touched.
    const answer = lz4Check.compress('frame', noise, frameSizeBytesMax(size) - 1, 1);
    assert.equal(answer, Lz4Status.NoRoom);
  }
});

it('compressFrame() finds repetitions at every distance, overlapping or not', () => {
  for (let distance = 1; distance <= 70; distance++) {
    for (const size of [distance + 30, 300, 3000]) {
      const period = Uint8Array.from({ length: distance }, (_, at) => (at * 37 + distance) % 251);
      check(Uint8Array.from({ length: size }, (_, at) => period[at % distance]!)); // inside
    }
  }
});

it('decompressBlock() copies matches of every distance and length, with and without room to spare', () => {
  const lz4Check = new Lz4Check(4096); // A small memory is compared sooner.
  for (let distance = 1; distance <= 40; distance++) {
    const literals = Array.from({ length: distance }, (_, at) => at + 1);
    for (let match = 4; match <= 80; match++) {
      const block = Uint8Array.from([
        ...(distance < 15 ? [16 * distance + nibble(match - 4)] : [0xf0 + nibble(match - 4)]),
        ...(distance < 15 ? [] : [distance - 15]),
        ...literals,
        ...[distance, 0, ...(match - 4 < 15 ? [] : [match - 4 - 15])],
        ...[0x50, 201, 202, 203, 204, 205],
      ]);
      const size = distance + match + 5;
      for (const spare of [0, 1, 15, 16, 64]) {
        const decoded = lz4Check.decode('block', block, size + spare);
        assert.ok(typeof decoded !== 'number' && decoded.length === size);
      }
      assert.equal(lz4Check.decode('block', block, size - 1), Lz4Status.NoRoom);
      assert.equal(lz4Check.decode('block', block, distance + match - 1), Lz4Status.NoRoom);
    }
  }
});

const nibble = (length: number): number => Math.min(length, 15);

it('compressFrame() writes literals and matches whose lengths go on over 255', (context) => {
  const random = new SeededRandom(testSeed(context));
  const edges = [14, 15, 16, 269, 270, 271, 524, 525, 526, 780, 5000];
  const noise = Uint8Array.from({ length: 5000 }, () => random.next());
  for (const literals of edges) {
    for (const match of edges) {
      const head = noise.subarray(0, literals);
      const run = new Uint8Array(match + 4).fill(0x2e);
      check(Buffer.concat([head, run, noise.subarray(0, 13)]));
      check(Buffer.concat([run, head, run]));
    }
  }
});

it('compressBlock() leaves the last 5 bytes and begins no match in the last 12', () => {
  // The reference refuses what breaks the rules; here the temptation ends at every byte.
  for (let size = 0; size < 64; size++) {
    check(new Uint8Array(size).fill(0x20));
    check(
      Buffer.concat([text('abcdefghijklmnopqrstuvwxyz'), text('abcdefghijklm'.slice(0, size))]),
    );
  }
});

it('compressFrame() trades ratio for fewer looks with each acceleration', () => {
  const content = typicalRequest(2000, 3).subarray(0, 300_000);
  const accelerations = [1, 2, 4, 16, 64, lz4AccelerationMax];
  const sizes = accelerations.map((acceleration) => check(content, acceleration));
  assert.ok(sizes[0]! < content.length / 3, `${sizes[0]} bytes at best`); // six entries
  assert.ok(sizes.at(-1)! > 1.2 * sizes[0]!, `${sizes.at(-1)} bytes at worst`); // six entries
});

it('compressFrame() writes the header, blocks and end mark of the vault', () => {
  // The second is what the stock program makes of it, byte for byte.
  const hex = (content: Uint8Array) =>
    Buffer.from(lz4Check.compress('frame', content, 200, 1) as Uint8Array).toString('hex'); // room
  assert.equal(hex(new Uint8Array(0)), `04224d186840${'00'.repeat(8)}05${'00'.repeat(4)}`);
  const stored = Buffer.from('abc').toString('hex');
  assert.equal(hex(text('abc')), `04224d18684003000000000000008703000080${stored}00000000`);
});

it('decompressFrame() names what is wrong', () => {
  const content = text('what is wrong, what is wrong, what is wrong with this frame?');
  const frame = lz4Check.compress('frame', content, 200, 1);
  assert.ok(typeof frame !== 'number');
  const status = (change: (bytes: Uint8Array) => Uint8Array | undefined, room = 100) => {
    const bytes = frame.slice();
    return lz4Check.decode('frame', change(bytes) ?? bytes, room);
  };
  const at = (offsetBytes: number, byte: number) => (bytes: Uint8Array) => {
    bytes[offsetBytes] = byte;
    return bytes;
  };
  expectSame(
    status(() => frame),
    content,
  );
  assert.equal(
    status(() => frame, content.length - 1),
    Lz4Status.NoRoom,
  );
  assert.equal(
    status((bytes) => bytes.subarray(0, 30)),
    Lz4Status.Truncated,
  );
  assert.equal(
    status(() => Buffer.concat([frame, text('x')])),
    Lz4Status.TrailingBytes,
  );
  assert.equal(status(at(0, 0x50)), Lz4Status.NotFrame);
  assert.equal(status(at(4, 0x28)), Lz4Status.BadHeader);
  assert.equal(status(at(5, 0x30)), Lz4Status.BadHeader);
  assert.equal(status(at(14, 0)), Lz4Status.BadHeader);
  assert.equal(status(at(4, 0x69)), Lz4Status.Unsupported);
  assert.equal(status(at(17, 2)), Lz4Status.BlockTooLarge);
});

it('decompressFrame() holds the content of a block against the size in the header', () => {
  const frameOf = (size: number) => {
    const more = size - 1 - 5 - 4 - 15;
    const runs = new Uint8Array(Math.floor(more / 255)).fill(255);
    const head = Uint8Array.of(0x1f, 0x41, 1, 0);
    const block = [head, runs, Uint8Array.of(more % 255, 0x50), text('AAAAA')];
    const length = Buffer.concat(block).length;
    const header = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82);
    const blockSize = Uint8Array.of(length, length >> 8, 0, 0);
    return Buffer.concat([header, blockSize, ...block, new Uint8Array(4)]);
  };
  const largest = lz4BlockSizeBytesMax;
  for (const capacityBytes of [largest, largest + 1, largest + 100]) {
    const fits = lz4Check.decode('frame', frameOf(largest), capacityBytes);
    expectSame(fits, new Uint8Array(largest).fill(0x41));
    const answer = lz4Check.decode('frame', frameOf(largest + 1), capacityBytes);
    assert.equal(answer, Lz4Status.BlockTooLarge);
  }
  assert.equal(lz4Check.decode('frame', frameOf(largest), largest - 1), Lz4Status.NoRoom);
});

it('decompressBlock() adds up lengths beyond 32 bits', () => {
  // 255 x this and 15 are 2^32 and 14, which in 32 bits would fit well.
  const runs = new Uint8Array(16_843_009).fill(255);
  const check = new Lz4Check(runs.length + 2000);
  const literals = Buffer.concat([Uint8Array.of(0xf0), runs, new Uint8Array(100)]);
  assert.equal(check.decode('block', literals, 1000), Lz4Status.Truncated);
  const match = Buffer.concat([Uint8Array.of(0x1f, 0x41, 1, 0), runs, new Uint8Array(100)]);
  assert.equal(check.decode('block', match, 1000), Lz4Status.NoRoom);
});

it('Lz4Status holds the numbers of the module', () => {
  const url = new URL('../../kernel/assembly/lz4-status.ts', import.meta.url);
  const theirs = [...readFileSync(url, 'utf8').matchAll(/export const (\w+): i32 = (-?\d+);/g)];
  assert.deepEqual(
    Object.entries(Lz4Status).map(
      ([name, value]) => `${name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()} ${value}`,
    ),
    theirs.map(([, name, value]) => `${name} ${value}`),
  );
});

it('compressFrame() and decompressFrame() work above 2 GiB and up to the end of a 4 GiB memory', () => {
  // Reserved, not touched: only the few pages below are ever backed by memory.
  const large = new WebAssembly.Memory({ initial: 65_536, maximum: 65_536, shared: true });
  const view = new Uint8Array(large.buffer);
  const { lz4 } = Kernel.create(large);
  const content = typicalRequest(700);
  const size = content.length;
  const room = frameSizeBytesMax(size);
  const end = 2 ** 32 - 1;
  const tableAt = 2 ** 31 - 8192;
  for (const [src, dst, back] of [
    [2 ** 31 + 65_536, end - room, 2 ** 30],
    [end - size, 3 * 2 ** 30, 2 ** 30],
    [2 ** 30, 3 * 2 ** 30, end - size],
  ] as const) {
    view.set(content, src);
    const written = lz4.compressFrame(src, size, dst, room, tableAt, 1);
    assert.ok(written > 0 && written < size / 2, `${written} bytes`);
    assert.equal(lz4.decompressFrame(dst, written, back, size), size);
    expectSame(view.slice(back, back + size), content);
  }
});

it('Lz4 asserts that its arguments lie in the memory and apart', () => {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
  const { lz4 } = Kernel.create(memory);
  const table = 4 * 65_536 - lz4TableSizeBytes;
  assert.equal(lz4.compressFrame(0, 0, 100, 100, table, 1), 19);
  assert.throws(() => lz4.compressFrame(0, 101, 100, 100, table, 1), /overlap/);
  assert.throws(() => lz4.compressFrame(0, 100, 100, 100, table + 1, 1), /outside the arena/);
  assert.throws(() => lz4.compressFrame(0, 100, 100, 100, 199, 1), /overlap/);
  assert.throws(() => lz4.compressFrame(table, 100, 100, 100, table, 1), /overlap/);
  assert.throws(() => lz4.compressFrame(0, 100, 100, 100, table, 0), /acceleration/);
  assert.throws(() => lz4.compressFrame(0, 100, 100, 100, table, 257), /acceleration/);
  assert.throws(() => lz4.compressBlock(0, 65_537, 65_537, 70_000, table, 1), /larger/);
  assert.throws(() => lz4.compressBlock(0, 100, 200, 100, 250, 1), /overlap/);
  assert.throws(() => lz4.decompressFrame(0, 100, 99, 100), /overlap/);
  assert.throws(() => lz4.decompressBlock(0, 2 ** 31, 99, 100), /beyond/);
});
