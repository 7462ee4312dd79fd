// How much goes back into the pipeline in each zone, on a busy disk and from a vault that fills up:
// every row of the table, seen in what is handed out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noisyRequest, ReplayLog } from '../../test/support/replay-log.ts';
import { ReplayRig } from '../../test/support/replay-rig.ts';
import { Zone } from '../memory/zone-word.ts';
import { DoneKind } from '../vault/hand-over.ts';

const { Green, Yellow, Red } = Zone;
const rates = { green: 40_000, yellow: 8_000, share: 4_000, paused: 0 } as const;
const limits = {
  rateBytesPerSecond: rates.green,
  yellowRateBytesPerSecond: rates.yellow,
  minSharePercent: 10,
};
const body = noisyRequest(500, 1);

/** Bytes a second that are handed out over four seconds. */
function rateOf(rig: ReplayRig): number {
  const before = rig.handed.length;
  for (const startMs = rig.nowMs; rig.nowMs < startMs + 4_000; rig.nowMs += 5) {
    rig.step();
    rig.settle();
    for (const out of [...rig.out]) rig.answer(out, DoneKind.Delivered);
  }
  return ((rig.handed.length - before) * body.length) / 4;
}

function rigOf(entryCount: number): ReplayRig {
  const log = new ReplayLog();
  for (let entry = 0; entry < entryCount; entry += 1) log.append([{ body }]);
  log.publish();
  return new ReplayRig({ log, limits });
}

const rows: readonly [Zone, usePercent: number, isDiskBusy: boolean, keyof typeof rates][] = [
  [Green, 10, false, 'green'],
  [Green, 10, true, 'yellow'],
  [Green, 60, true, 'yellow'],
  [Yellow, 10, false, 'yellow'],
  [Yellow, 10, true, 'yellow'],
  [Yellow, 60, false, 'yellow'],
  [Red, 10, false, 'paused'],
  [Red, 10, true, 'paused'],
  [Red, 60, false, 'share'],
  [Red, 60, true, 'share'],
];

for (const [zone, usePercent, isDiskBusy, rate] of rows) {
  const disk = isDiskBusy ? 'a busy disk' : 'a calm disk';
  test(`step() replays at ${rate} in zone ${zone} at ${usePercent} % of the vault on ${disk}`, () => {
    const rig = rigOf(400);
    Object.assign(rig, { zone, usePercent, isDiskBusy });
    const rest = rateOf(rig) - rates[rate];
    // What the bucket holds at first.
    assert.ok(rest >= 0 && rest <= 0.05 * rates[rate] + body.length, `${rest} more a second`);
  });
}

test('step() follows the zone without being told', () => {
  const rig = rigOf(1_000);
  const seen = [Green, Red, Yellow, Green].map((zone) => {
    rig.zone = zone;
    return rateOf(rig);
  });
  for (const [index, rate] of [rates.green, 0, rates.yellow, rates.green].entries()) {
    assert.ok(Math.abs((seen[index] ?? 0) - rate) <= 0.1 * rates.green, `${seen}`);
  }
});
