import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hourMs, hoursMax, vaultHours } from './vault-hours.ts';

const dayMs = Date.parse('2026-11-26T00:00:00Z');
const at = (hours: number) => new Date(dayMs + hours * hourMs).toISOString();
const segment = (oldest: number, newest: number, entryEnd: number) => {
  return { oldest: at(oldest), newest: at(newest), firstEntrySeq: 0, entryEnd, storedBytes: 100 };
};

describe('vaultHours()', () => {
  it('spreads a segment over the hours it was written in', () => {
    const hours = vaultHours([segment(8.5, 10.5, 8)]);
    assert.deepEqual(
      hours.map(({ fromMs, entries, storedBytes }) => [
        (fromMs - dayMs) / hourMs,
        entries,
        storedBytes,
      ]),
      [
        [8, 2, 25],
        [9, 4, 50],
        [10, 2, 25],
      ],
    );
  });

  it('adds segments up, and leaves no hour out', () => {
    const hours = vaultHours([segment(1, 1, 3), segment(1.2, 1.2, 4), segment(4, 4, 5)]);
    assert.deepEqual(
      hours.map(({ entries }) => entries),
      [7, 0, 0, 5],
    );
  });

  it('puts whatever is older than the first hour into it', () => {
    const hours = vaultHours([segment(0, 0, 3), segment(100, 100, 4)]);
    assert.equal(hours.length, hoursMax);
    assert.deepEqual([hours[0]?.entries, hours.at(-1)?.entries], [3, 4]);
  });

  it('loses no entry, whatever the times are', () => {
    const hours = vaultHours([segment(5, 4, 3), segment(1.9, 7.3, 11)]);
    const sum = hours.reduce((total, { entries }) => total + entries, 0);
    assert.ok(Math.abs(sum - 14) < 1e-9);
  });

  it('is empty for segments without times', () => {
    assert.deepEqual(vaultHours([{ entryEnd: 5 }]), []);
  });
});
