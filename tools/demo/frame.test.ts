import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { type Frame, frameLines, frameWidth, plainLine } from './frame.ts';
import type { ZoneName } from './zone-name.ts';

const GiB = 2 ** 30;
const MiB = 2 ** 20;

const flood: Frame = {
  elapsedMs: 17_900,
  phase: '20 times the load, downstream DEAD',
  zone: 'Red',
  megabytesPerSecond: 121.44,
  requestsPerSecond: 800.2,
  ackP99Ms: 182.4,
  vaultBytes: 1.5 * GiB,
  vaultLimitBytes: 4 * GiB,
  ackedBatches: 12_480,
  deliveredBatches: 400,
  replayedBatches: 0,
  waitingBatches: 12_080,
  lostBatches: 0,
  refusedCalls: 0,
  memoryBytes: 140 * MiB,
  memoryPeakBytes: 151 * MiB,
  memoryLimitBytes: 160 * MiB,
  zoneBySecond: [...Array<ZoneName>(10).fill('Green'), ...Array<ZoneName>(8).fill('Red')],
};

/** The largest numbers that a visitor may see. */
const huge: Frame = {
  ...flood,
  elapsedMs: 1_799_000,
  phase: 'normal load, downstream back, the vault drains',
  zone: 'Yellow',
  megabytesPerSecond: 12_345.6,
  requestsPerSecond: 123_456,
  ackP99Ms: 30_000,
  vaultBytes: 5 * GiB,
  ackedBatches: 1_000_000,
  deliveredBatches: 1_000_000,
  replayedBatches: 1_000_000,
  waitingBatches: 1_000_000,
  lostBatches: 1_000_000,
  refusedCalls: 1_000_000,
  memoryBytes: 1_500 * MiB,
  memoryPeakBytes: 1_500 * MiB,
  zoneBySecond: Array<ZoneName>(1_799).fill('Yellow'),
};

const empty: Frame = {
  ...flood,
  lostBatches: undefined,
  ackP99Ms: Number.NaN,
  vaultBytes: 0,
  zoneBySecond: [],
};

describe('frameLines()', () => {
  it('shows the flood', () => {
    assert.deepEqual(frameLines(flood, false), [
      'GopherShip with 160 MiB of memory                                           17 s',
      '',
      'phase      20 times the load, downstream DEAD',
      'zone       RED      no logic: raw bytes to the disk, then the answer',
      'in         121.4 MB/s            800 requests/s        ack p99 182 ms',
      'vault      ########............  1.50 GiB of 4.00 GiB  12,080 wait',
      'memory     ##################..  140 MiB of 160 MiB    peak 151 MiB',
      'batches    acked 12,480          delivered 400         replayed 0',
      '           refused 0             LOST 0',
      '',
      'zones      GGGGGGGGGGRRRRRRRR',
    ]);
  });

  it('shows the worst of several seconds in one letter when there are too many', () => {
    const zoneBySecond = Array<ZoneName>(100).fill('Green').with(41, 'Yellow').with(51, 'Red');
    const ribbon = frameLines({ ...flood, zoneBySecond }, false).at(-1);
    assert.equal(ribbon, `zones      ${'G'.repeat(20)}YGGGGR${'G'.repeat(24)}`);
  });

  it('stays within the width of a terminal and has no escape without colour', () => {
    for (const frame of [flood, huge, empty]) {
      for (const line of frameLines(frame, false)) {
        assert.ok(line.length <= frameWidth, `${line.length} columns: ${line}`);
        assert.equal(stripVTControlCharacters(line), line);
      }
    }
  });

  it('says the same with colour', () => {
    for (const frame of [flood, huge, empty]) {
      const coloured = frameLines(frame, true);
      assert.deepEqual(coloured.map(stripVTControlCharacters), frameLines(frame, false));
    }
  });

  it('has as many lines whatever it shows, so that it can be redrawn in place', () => {
    const counts = [flood, huge, empty].map((frame) => frameLines(frame, false).length);
    assert.equal(new Set(counts).size, 1);
  });
});

describe('plainLine()', () => {
  it('is one line without escapes within 80 columns', () => {
    assert.equal(
      plainLine(flood),
      ' 17s RED    121MB/s p99 182ms  vault 1.5 GiB acked 12480 delivered 400 lost 0',
    );
    const end = { ...flood, ackedBatches: 20_000, deliveredBatches: 20_000 };
    for (const frame of [flood, empty, end]) assert.ok(plainLine(frame).length <= frameWidth);
  });
});
