// `npm run bench:kernel -- FILE...`: how fast the kernel compresses, decompresses and hashes on one
// core, over the given files, a request of real log lines and a synthetic one. CPU time of this
// process, so that neighbours do not count; the best of several rounds.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Kernel } from '../../src/kernel/kernel.ts';
import { frameSizeBytesMax, lz4TableSizeBytes } from '../../src/kernel/lz4-abi.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { writeBody } from '../load/log-bodies.ts';
import { writeRealBody } from '../load/real-log-body.ts';
import { machineLine } from '../report.ts';

const KiB = 1024;
/** What the vault puts into one block, and so into one frame, where entries are small. */
const frameContentSizeBytes = 256 * KiB;
const accelerations = [1, 2, 4, 8, 16];
const roundCount = 8;
const bytesPerRound = 60_000_000;
const inputSizeBytesMax = 32 * KiB * KiB;

const tableOffsetBytes = KiB;
const backOffsetBytes = tableOffsetBytes + lz4TableSizeBytes;
const inputOffsetBytes = backOffsetBytes + frameContentSizeBytes;
const framesOffsetBytes = inputOffsetBytes + inputSizeBytesMax;
const memory = new WebAssembly.Memory({ initial: 1100, maximum: 1100, shared: true });
const bytes = new Uint8Array(memory.buffer);
const { lz4, xxhash } = Kernel.create(memory);

/** A place in the memory. */
interface Part {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

const paths = process.argv.slice(2);
const directory = temporaryDirectory('bench-kernel');
try {
  const real = writeRealBody(directory.path, paths);
  process.stdout.write(`${machineLine()}; one core, frames of 256 KiB or less\n`);
  process.stdout.write(`real: ${real.source}\n`);
  process.stdout.write('input | bytes | acceleration | ratio | MB/s: compress | decompress\n');
  for (const path of paths) measure(basename(path), readFileSync(path));
  measure('real request', readFileSync(real.body.messagePath));
  for (const records of [1000, 10]) {
    const { messagePath } = writeBody(directory.path, `synthetic-${records}`, records);
    measure(`synthetic request, ${records} records`, readFileSync(messagePath));
  }
  const whole = { offsetBytes: inputOffsetBytes, lengthBytes: frameContentSizeBytes };
  report(
    'XXH64',
    bestRate([whole], (part) => xxhash.xxh64(part.offsetBytes, part.lengthBytes, 0)),
  );
  report(
    'XXH32',
    bestRate([whole], (part) => xxhash.xxh32(part.offsetBytes, part.lengthBytes)),
  );
} finally {
  directory.remove();
}

function measure(name: string, content: Buffer): void {
  const input = content.subarray(0, inputSizeBytesMax);
  bytes.set(input, inputOffsetBytes);
  const parts: Part[] = [];
  for (let at = 0; at < input.length; at += frameContentSizeBytes) {
    const lengthBytes = Math.min(frameContentSizeBytes, input.length - at);
    parts.push({ offsetBytes: inputOffsetBytes + at, lengthBytes });
  }
  for (const acceleration of accelerations) {
    const frames: Part[] = [];
    let end = framesOffsetBytes;
    for (const part of parts) {
      const lengthBytes = compress(part, end, acceleration);
      frames.push({ offsetBytes: end, lengthBytes });
      end += lengthBytes;
    }
    const compressRate = bestRate(parts, (part) => {
      compress(part, framesOffsetBytes + inputSizeBytesMax, acceleration);
    });
    const decompressRate = bestRate(frames, decompress, input.length);
    const ratio = input.length / (end - framesOffsetBytes);
    const figures = [input.length, acceleration, ratio.toFixed(2), compressRate, decompressRate];
    process.stdout.write(`${name} | ${figures.join(' | ')}\n`);
  }
}

function compress(part: Part, dstOffsetBytes: number, acceleration: number): number {
  const { offsetBytes, lengthBytes } = part;
  const room = frameSizeBytesMax(lengthBytes);
  return lz4.compressFrame(
    offsetBytes,
    lengthBytes,
    dstOffsetBytes,
    room,
    tableOffsetBytes,
    acceleration,
  );
}

function decompress({ offsetBytes, lengthBytes }: Part): void {
  const room = frameContentSizeBytes;
  const size = lz4.decompressFrame(offsetBytes, lengthBytes, backOffsetBytes, room);
  if (size < 0) throw new Error(`decompression said ${size}`);
}

/** MB/s, where one pass over all parts stands for `passBytes`. */
function bestRate(
  parts: readonly Part[],
  work: (part: Part) => void,
  passBytes = parts.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
): number {
  const passes = Math.ceil(bytesPerRound / passBytes);
  const rates = Array.from({ length: roundCount }, () => {
    const start = process.cpuUsage();
    for (let pass = 0; pass < passes; pass++) {
      for (const part of parts) work(part);
    }
    const { user, system } = process.cpuUsage(start);
    return (passes * passBytes) / (user + system);
  });
  return Math.round(Math.max(...rates));
}

function report(name: string, rate: number): void {
  process.stdout.write(`${name}: ${rate} MB/s\n`);
}
