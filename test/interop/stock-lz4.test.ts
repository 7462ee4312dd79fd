// Scenario: contents from nothing to several MiB go through the kernel and through the stock
// programs `lz4` and `xxhsum`, in both directions and with every option that changes a frame.
// Guarantees: each reads what the other wrote; hashes are the same; asked for the vault's kind of
// frame, the stock program writes the same header.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Kernel } from '../../src/kernel/kernel.ts';
import { frameSizeBytesMax, lz4AccelerationMax } from '../../src/kernel/lz4-abi.ts';
import { randomContent } from '../kernel/lz4-samples.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { typicalRequest } from '../support/typical-request.ts';

const MiB = 2 ** 20;
const contentSizeBytesMax = 6 * MiB;
const tableOffsetBytes = 1024;
const contentOffsetBytes = 1 * MiB;
const frameOffsetBytes = 8 * MiB;
const backOffsetBytes = 16 * MiB;

const memory = new WebAssembly.Memory({ initial: 384, maximum: 384, shared: true });
const bytes = new Uint8Array(memory.buffer);
const kernel = Kernel.create(memory);

const directory = temporaryDirectory('stock-lz4');
after(() => directory.remove());

/** Standard output of a program that has to end well. */
function run(command: string, args: readonly string[], input: Uint8Array): Buffer {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    input,
    maxBuffer: 64 * MiB,
  });
  if (error !== undefined) throw error;
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function file(content: Uint8Array): string {
  const path = join(directory.path, 'content');
  writeFileSync(path, content);
  return path;
}

/** Logs, noise, one long run, pieces of everything; each at sizes around blocks of all sizes. */
function contents(random: SeededRandom): Uint8Array[] {
  const logs = typicalRequest(20_000, 5).subarray(0, contentSizeBytesMax);
  const noise = Uint8Array.from({ length: 200_000 }, () => random.next());
  const zeros = new Uint8Array(5 * MiB);
  const pieces = Array.from({ length: 12 }, () => randomContent(random, 70_000));
  // Not 65,533 to 65,535: lz4 1.9.4 itself fails to write that much noise with -B4.
  const sizes = [0, 1, 12, 13, 65_532, 65_536, 65_537, 131_072, 131_073];
  const cut = sizes.flatMap((size) => [logs, noise, zeros].map((all) => all.slice(0, size)));
  return [...cut, ...pieces, logs, noise, zeros, Buffer.concat([logs, noise, logs, zeros])].map(
    (content) => content.slice(0, contentSizeBytesMax),
  );
}

test('compressFrame() is read by lz4', (context) => {
  for (const content of contents(new SeededRandom(testSeed(context)))) {
    bytes.set(content, contentOffsetBytes);
    for (const acceleration of [1, 8, lz4AccelerationMax]) {
      const written = kernel.lz4.compressFrame(
        contentOffsetBytes,
        content.length,
        frameOffsetBytes,
        frameSizeBytesMax(content.length),
        tableOffsetBytes,
        acceleration,
      );
      const frame = bytes.slice(frameOffsetBytes, frameOffsetBytes + written);
      const read = run('lz4', ['-dc'], frame);
      assert.ok(read.equals(content), `${content.length} bytes, acceleration ${acceleration}`);
    }
  }
});

// Levels, sizes of blocks, dependent blocks, checksums of blocks, content size, no checksum.
const options = [
  ...['-1', '-9', '-12', '--fast=9', '-B4', '-B5', '-B6', '-B7', '-BD', '-BX', '--content-size'],
  ...['--no-frame-crc', '-9 -B4 -BD', '-B5 -BX -BD --content-size', '-B4 --no-frame-crc'],
];

test('decompressFrame() reads what lz4 writes with any option', (context) => {
  for (const content of contents(new SeededRandom(testSeed(context)))) {
    const path = file(content);
    for (const option of options) {
      const frame = run('lz4', ['-zc', ...option.split(' '), path], new Uint8Array(0));
      bytes.set(frame, frameOffsetBytes);
      const size = kernel.lz4.decompressFrame(
        frameOffsetBytes,
        frame.length,
        backOffsetBytes,
        content.length,
      );
      assert.equal(size, content.length, `lz4 ${option}`);
      const read = Buffer.from(memory.buffer, backOffsetBytes, size);
      assert.ok(read.equals(content), `${content.length} bytes, lz4 ${option}`);
    }
  }
});

test('compressFrame() writes the header that lz4 writes for such frames', () => {
  const content = typicalRequest(50);
  bytes.set(content, contentOffsetBytes);
  const room = frameSizeBytesMax(content.length);
  kernel.lz4.compressFrame(
    contentOffsetBytes,
    content.length,
    frameOffsetBytes,
    room,
    tableOffsetBytes,
    1,
  );
  const args = ['-zc', '-B4', '--content-size', '--no-frame-crc', file(content)];
  const theirs = run('lz4', args, new Uint8Array(0));
  const ours = Buffer.from(memory.buffer, frameOffsetBytes, 15);
  assert.equal(ours.toString('hex'), theirs.subarray(0, 15).toString('hex'));
});

test('xxh32() and xxh64() are those of xxhsum', (context) => {
  const random = new SeededRandom(testSeed(context));
  const small = Array.from({ length: 70 }, (_, size) => randomContent(random, size));
  for (const content of [...small, ...contents(random)]) {
    bytes.set(content, contentOffsetBytes);
    kernel.xxhash.xxh64(contentOffsetBytes, content.length, 0);
    const ours64 = new DataView(memory.buffer).getBigUint64(0, true);
    const ours32 = kernel.xxhash.xxh32(contentOffsetBytes, content.length);
    assert.equal(BigInt(`0x${sum('-H64', content)}`), ours64, `${content.length} bytes`);
    assert.equal(Number.parseInt(sum('-H32', content), 16), ours32, `${content.length} bytes`);
  }
});

/** `hash  name` is what xxhsum prints. */
function sum(kind: '-H32' | '-H64', content: Uint8Array): string {
  return run('xxhsum', [kind, '-'], content).toString().split(' ')[0]!; // there always is a first
}
