import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SignalJson } from '../generated/gophership/control/v1/control_pb.js';
import { signalReading } from './signal-reading.ts';

const memory: SignalJson = {
  name: 'host_memory_percent',
  unit: 'SIGNAL_UNIT_PERCENT',
  value: 62.5,
  yellow: 75,
  red: 90,
  holds: 'ZONE_GREEN',
};
const exhaustion: SignalJson = {
  name: 'memory_exhaustion',
  unit: 'SIGNAL_UNIT_MILLISECONDS',
  value: 'Infinity',
  yellow: 30_000,
  red: 10_000,
};

describe('signalReading()', () => {
  it('stands a share on a bar of 100 %, with its thresholds', () => {
    const { bar, valueText, marginText } = signalReading(memory);
    assert.deepEqual(bar, { value: 0.625, yellow: 0.75, red: 0.9 });
    assert.deepEqual([valueText, marginText], ['62.5 %', '12.5 % below Yellow']);
  });

  it('says what it is past, what comes next, and where it has to get', () => {
    const yellow = signalReading({ ...memory, value: 80, holds: 'ZONE_YELLOW', release: 70 });
    assert.equal(yellow.marginText, 'at Yellow, 10 % below Red');
    assert.equal(yellow.releaseText, 'get below 70 %');
    const red = signalReading({ ...memory, value: 95, holds: 'ZONE_RED', release: 85 });
    assert.deepEqual([red.marginText, red.holds], ['at Red, 5 % past it', 'red']);
  });

  it('fills the bar as the time that is left gets short', () => {
    const calm = signalReading(exhaustion);
    assert.deepEqual(calm.bar, { value: 0, yellow: 0.5, red: 1 - 1 / 6 });
    assert.deepEqual([calm.valueText, calm.marginText], ['never', 'far above Yellow']);
    const short = signalReading({ ...exhaustion, value: 5_000, release: 40_000 });
    assert.ok(short.bar!.value > short.bar!.red!);
    assert.equal(short.marginText, 'at Red, 5s past it');
    assert.equal(short.releaseText, 'get above 40s');
  });

  it('has no bar and no margin where nothing follows', () => {
    const growth = signalReading({ name: 'own_growth', unit: 'SIGNAL_UNIT_BYTES_PER_SECOND' });
    assert.deepEqual([growth.bar, growth.marginText, growth.valueText], [undefined, '', '0 B/s']);
    assert.equal(signalReading({ ...memory, value: 'NaN' }).marginText, '');
  });

  it('of a signal that makes Yellow only, says so', () => {
    const { red: _, ...cpu } = { ...memory, value: 80 };
    const { bar, marginText, redText } = signalReading(cpu);
    assert.deepEqual(bar, { value: 0.8, yellow: 0.75 });
    assert.deepEqual([marginText, redText], ['at Yellow', '-']);
  });
});
