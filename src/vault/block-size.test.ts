import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiB, MiB } from '../limits.ts';
import {
  blockSizeBytes,
  blockSizeBytesMax,
  entrySizeBytes,
  frameSizeBytesMax,
  paddingSizeBytes,
} from './block-size.ts';
import { pieceSizeBytesMax } from './format.ts';

test('entrySizeBytes() is the header and the body up to a multiple of 8', () => {
  for (const [body, size] of [
    ...[
      [0, 64],
      [1, 72],
      [7, 72],
      [8, 72],
      [9, 80],
    ],
    ...[
      [pieceSizeBytesMax - 1, MiB],
      [pieceSizeBytesMax, MiB],
      [pieceSizeBytesMax + 1, MiB + 8],
    ],
  ] as const) {
    assert.equal(entrySizeBytes(body), size, `${body}`);
  }
});

test('frameSizeBytesMax() counts a length for each sub-block of 64 KiB', () => {
  for (const [raw, more] of [
    ...[
      [0, 19],
      [1, 23],
      [64 * KiB - 1, 23],
      [64 * KiB, 23],
      [64 * KiB + 1, 27],
      [MiB, 83],
    ],
  ] as const) {
    assert.equal(frameSizeBytesMax(raw), raw + more, `${raw}`);
  }
});

test('paddingSizeBytes() is none, or the head of a frame fits in it', () => {
  for (const [end, padding] of [
    ...[
      [4096, 0],
      [4095, 4097],
      [4089, 4103],
      [4088, 8],
      [4087, 9],
      [4097, 4095],
      [8192, 0],
    ],
  ] as const) {
    assert.equal(paddingSizeBytes(end), padding, `${end}`);
  }
});

test('blockSizeBytes() is a whole number of units around each boundary', () => {
  for (const [stored, units] of [
    ...[
      [0, 1],
      [3960, 1],
      [3961, 2],
      [3967, 2],
      [3968, 1],
      [3969, 2],
    ],
    ...[
      [8056, 2],
      [8057, 3],
      [8063, 3],
      [8064, 2],
      [8065, 3],
    ],
  ] as const) {
    assert.equal(blockSizeBytes(stored), units * 4096, `${stored}`);
  }
});

test('blockSizeBytesMax() is what the worst frame up to the longest takes, and no more', () => {
  let worst = 0;
  let stored = 0;
  for (let raw = 0; raw <= 3 * 64 * KiB; raw += 1) {
    for (; stored <= frameSizeBytesMax(raw); stored += 1)
      worst = Math.max(worst, blockSizeBytes(stored));
    if (blockSizeBytesMax(raw) !== worst)
      assert.fail(`${raw} raw bytes: ${blockSizeBytesMax(raw)}, worst frame ${worst}`);
  }
});
