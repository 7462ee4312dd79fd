import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  SignalSchema,
  SignalUnit,
  Zone,
} from '../../generated/gophership/control/v1/control_pb.js';
import { signalCurve, signalGauge } from './gauge.ts';
import { glyphsFor } from './glyphs.ts';
import { plainText } from './line.ts';
import { signalScale, zoneOfValue } from './signal-scale.ts';

const ascii = glyphsFor({});

function signal(fields: MessageInitShape<typeof SignalSchema>) {
  return create(SignalSchema, fields);
}

const arena = { name: 'arena', unit: SignalUnit.PERCENT, yellow: 60, red: 80 };
const exhaustion = { name: 'left', unit: SignalUnit.MILLISECONDS, yellow: 30_000, red: 5_000 };
const delay = { name: 'delay', unit: SignalUnit.MILLISECONDS, yellow: 50, red: 200 };

test('signalGauge() shows the share, and a tick at each threshold', () => {
  const gauge = (value: number) => plainText(signalGauge(signal({ ...arena, value }), 10, ascii));
  assert.equal(gauge(0), '......:.|.');
  assert.equal(gauge(30), '###...:.|.');
  assert.equal(gauge(70), '######:.|.');
  assert.equal(gauge(100), '######:#|#');
  assert.equal(gauge(1e9), '######:#|#');
  assert.equal(gauge(Number.NaN), '......:.|.');
});

test('signalGauge() reads the same way where less is worse', () => {
  const gauge = (value: number) =>
    plainText(signalGauge(signal({ ...exhaustion, value }), 12, ascii));
  assert.equal(gauge(Number.POSITIVE_INFINITY), '......:....|');
  assert.equal(gauge(60_000), '......:....|');
  assert.equal(gauge(20_000), '######:#...|');
  assert.equal(gauge(0), '######:####|');
});

test('signalGauge() is empty without thresholds, and has one tick for one', () => {
  assert.equal(plainText(signalGauge(signal({ name: 'growth', value: 9 }), 10, ascii)), '');
  const { red: _, ...yellowOnly } = arena;
  assert.equal(
    plainText(signalGauge(signal({ ...yellowOnly, value: 10 }), 10, ascii)),
    '#.....:...',
  );
});

test('signalScale() keeps in order what is worse and worse', () => {
  for (const [of, values] of [
    [arena, [0, 59, 60, 79, 80, 100]],
    [delay, [0, 49, 50, 199, 200, 250]],
    [exhaustion, [Number.POSITIVE_INFINITY, 59_000, 30_000, 5_001, 5_000, 0]],
  ] as const) {
    const scale = signalScale(signal(of));
    const fractions = values.map((value) => scale?.(value) ?? Number.NaN);
    assert.deepEqual(
      fractions,
      fractions.toSorted((a, b) => a - b),
      of.name,
    );
    assert.ok(fractions.every((fraction) => fraction >= 0 && fraction <= 1));
  }
});

test('zoneOfValue() is the zone that the value alone asks for', () => {
  const zones = (of: MessageInitShape<typeof SignalSchema>, values: readonly number[]) =>
    values.map((value) => zoneOfValue(signal(of), value));
  const all = [Zone.GREEN, Zone.YELLOW, Zone.RED];
  assert.deepEqual(zones(arena, [59, 60, 80]), all);
  assert.deepEqual(zones(exhaustion, [30_001, 30_000, 5_000]), all);
});

test('signalCurve() has a column for each second, and none where nothing is known', () => {
  const of = signal(arena);
  assert.equal(
    plainText(signalCurve(of, [0, undefined, 50, 100, Number.NaN, 12], ascii)),
    '_ +@ _',
  );
  // Without thresholds the highest is the measure.
  assert.equal(plainText(signalCurve(signal({ name: 'growth' }), [0, 5, 10], ascii)), '_+@');
  assert.equal(plainText(signalCurve(signal({ name: 'growth' }), [0, 0], ascii)), '__');
});
