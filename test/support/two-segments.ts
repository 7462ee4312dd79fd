// Two segments on a simulated disk and questions about them, for the tests of the reader.

import assert from 'node:assert/strict';
import { segmentPath } from '../../src/vault/file-names.ts';
import { LogBuilder } from './log-builder.ts';
import { endOf, LogReading, putSegment } from './log-read-rig.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const MiB = 1024 * 1024;

export function body(seed: number, sizeBytes = 100): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, at) => (at * 31 + seed * 7 + (at >> 8)) & 0xff);
}

export function group(from: number, count: number, sizeBytes?: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => body(from + index, sizeBytes));
}

/** Segment 1, sealed: 0-2, 3-4, MARK, 5-7. Segment 2, live: 8-9, 10-13. */
export function twoSegments() {
  const disk = new SimulatedDisk();
  const image = new LogBuilder();
  image.begin();
  image.addGroup(group(0, 3));
  image.addGroup(group(3, 2));
  image.addMark();
  image.addGroup(group(5, 3));
  image.seal();
  putSegment(disk, image);
  image.end();
  image.begin();
  image.addGroup(group(8, 2));
  image.addGroup(group(10, 4));
  putSegment(disk, image, MiB);
  return { disk, image, end: endOf(image, true), first: segmentPath(1), live: segmentPath(2) };
}

export function check(
  disk: SimulatedDisk,
  image: LogBuilder,
  isLive: boolean,
  expected: string,
  from?: number,
) {
  const reading = new LogReading(disk, image.vaultUuid);
  if (from !== undefined) reading.reader.seek(from);
  assert.equal(reading.toEnd(endOf(image, isLive)), expected);
  reading.reader.close();
}

export function bytesOf(image: LogBuilder, blockSeq: number): { from: number; to: number } {
  const block = image.blocks.find((built) => built.blockSeq === blockSeq && built.type !== 3);
  assert.ok(block !== undefined);
  return { from: block.offsetBytes, to: block.endBytes };
}
