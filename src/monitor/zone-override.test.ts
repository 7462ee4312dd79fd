import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZoneRig } from '../../test/support/zone-rig.ts';
import { testZones } from '../../test/support/zones-config.ts';
import { Zone } from '../memory/zone-word.ts';
import { ZoneMachine } from './zone-machine.ts';

const { Green, Yellow, Red } = Zone;
const wish = { zone: Green, durationMs: 60_000, reason: 'drill', by: 'CN=operator' } as const;

test('override() holds a zone against the signals, and ends to the millisecond', () => {
  const rig = new ZoneRig();
  rig.step(0, { LoopDelay: 300 });
  const taken = rig.machine.override(wish, rig.nowMs);
  const override = { reason: 'drill', by: 'CN=operator' };
  const expected = { atMs: 0, from: Red, to: Green, cause: 'override', signals: [], durationMs: 0 };
  assert.deepEqual(taken, { kind: 'taken', transition: { ...expected, override } });
  assert.equal(rig.step(59_999), Green);
  assert.equal(rig.machine.computedZone, Red);
  const ended = rig.sample(1);
  assert.deepEqual(ended, {
    atMs: 60_000,
    from: Green,
    to: Red,
    cause: 'override_ended',
    signals: [{ name: 'loop_delay_p99', value: 300, threshold: 250 }],
    durationMs: 60_000,
    override,
  });
});

test('override() raises the zone too, and gives way at once when it is cleared', () => {
  const rig = new ZoneRig();
  for (const percent of [90, 0, 0, 0]) rig.step(10_000, { Arena: percent });
  assert.equal(rig.machine.zone, Green);
  rig.machine.override({ ...wish, zone: Red }, rig.nowMs);
  assert.equal(rig.machine.zone, Red);
  assert.equal(rig.step(10_000), Red);
  const cleared = rig.machine.clearOverride(rig.nowMs);
  assert.deepEqual([cleared?.to, cleared?.cause, cleared?.signals], [Green, 'override_ended', []]);
  assert.equal(rig.machine.clearOverride(rig.nowMs), undefined);
  assert.equal(rig.step(60_000), Green);
});

test('override() that another replaces ends with the other', () => {
  const rig = new ZoneRig();
  rig.step(0);
  rig.machine.override({ ...wish, zone: Red }, 0);
  rig.machine.override({ ...wish, zone: Yellow, durationMs: 100 }, 0);
  assert.equal(rig.step(99), Yellow);
  assert.equal(rig.step(1), Green);
});

test('override() makes no dwell shorter for the zone that acts again after it', () => {
  const rig = new ZoneRig();
  rig.step(0, { LoopDelay: 300 });
  rig.machine.override(wish, rig.nowMs);
  rig.step(100, { LoopDelay: 0 });
  rig.step(1_900);
  rig.machine.clearOverride(rig.nowMs); // Red again, after 1.9 s of calm
  assert.equal(rig.machine.zone, Red);
  assert.equal(rig.step(100), Red);
  assert.equal(rig.step(1_999), Red);
  assert.equal(rig.step(1), Yellow);
});

test('override() is refused without a reason, a limit, or a zone', () => {
  const machine = new ZoneMachine(testZones(), 0);
  const refused = (changed: object, fault: RegExp) => {
    const result = machine.override({ ...wish, zone: Red, ...changed }, 0);
    assert.ok(result.kind === 'refused');
    assert.match(result.fault, fault);
    assert.equal(machine.zone, Green);
  };
  for (const reason of ['', ' \t\n']) refused({ reason }, /needs a reason/);
  refused({ reason: 'x'.repeat(513) }, /at most 512 characters, has 513/);
  for (const durationMs of [0, -1, Number.NaN, Infinity, 86_400_001]) {
    refused({ durationMs }, /at most 24 h/);
  }
  for (const zone of [3, -1, Number.NaN, 0.5]) refused({ zone }, /green, yellow or red/);
  const longest = { ...wish, zone: Red, durationMs: 86_400_000, reason: 'x'.repeat(512) };
  assert.equal(machine.override(longest, 0).kind, 'taken');
});

test('override() below Red gives way while memory is at Red (Mandate 2), for its dwell', () => {
  const memory = ['CgroupMemory', 'ParentMemory', 'HostMemory', 'MemoryExhaustion'] as const;
  for (const name of [...memory, 'MemoryEvents', 'Arena', 'AnonymousMemory'] as const) {
    const rig = new ZoneRig();
    rig.step(0, { OwnGrowth: 1, LoopDelay: 900 });
    rig.machine.override(wish, rig.nowMs);
    const value = { MemoryExhaustion: 1_000, MemoryEvents: 2 }[name as string] ?? 99;
    const up = rig.sample(100, { [name]: value });
    assert.deepEqual([up?.to, up?.cause, up?.signals.length], [Red, 'signal', 1], name);
    assert.deepEqual(up?.override, { reason: 'drill', by: 'CN=operator' });
    assert.equal(rig.explain().override?.isOverruled, true);
    rig.machine.override({ ...wish, zone: Yellow }, rig.nowMs);
    assert.equal(rig.machine.zone, Red);
    rig.step(100, { [name]: Number.NaN });
    assert.equal(rig.step(1_999), Red);
    const down = rig.sample(1);
    assert.deepEqual([down?.to, down?.cause, down?.signals.length], [Yellow, 'dwell', 1]);
    assert.equal(rig.explain().override?.isOverruled, false);
  }
});

test('zones.force is an override without end, which an operator may replace for a time', () => {
  const rig = new ZoneRig({ force: 'red' });
  assert.equal(rig.machine.zone, Green);
  const begun = rig.sample(0);
  assert.deepEqual([begun?.to, begun?.cause], [Red, 'force']);
  assert.deepEqual(begun?.override, { reason: 'zones.force: red', by: 'configuration' });
  assert.equal(rig.step(1e10), Red);
  assert.equal(rig.explain().override?.leftMs, Infinity);
  rig.machine.override({ ...wish, durationMs: 1_000 }, rig.nowMs);
  assert.equal(rig.step(999), Green);
  const back = rig.sample(1);
  assert.deepEqual([back?.to, back?.cause], [Red, 'force']);
  assert.equal(rig.machine.clearOverride(rig.nowMs), undefined);
  assert.equal(rig.machine.zone, Red);
});

test('reset() takes over force, thresholds and dwells with the next step', () => {
  const rig = new ZoneRig({ force: 'green' });
  assert.equal(rig.step(0, { LoopDelay: 300 }), Green);
  rig.machine.reset(testZones({ signals: { loop_delay_p99: { red: '400ms' } } }));
  assert.equal(rig.machine.zone, Green);
  const freed = rig.sample(100);
  assert.deepEqual([freed?.to, freed?.cause], [Red, 'override_ended']); // computed, and held: 320
  rig.step(100, { LoopDelay: 319 });
  rig.machine.reset(testZones({ red_dwell: '10s', signals: { loop_delay_p99: { red: '400ms' } } }));
  assert.equal(rig.step(9_999), Red);
  assert.equal(rig.step(1), Yellow);
});

test('reset() with the same force is no new one', () => {
  const rig = new ZoneRig({ force: 'green' });
  rig.step(0, { Arena: 90 });
  rig.step(100, { Arena: 0 });
  rig.machine.reset(testZones({ force: 'green' }));
  assert.deepEqual(rig.sample(2_000)?.cause, 'dwell');
});

test('reset() keeps an override, and calm that has lasted', () => {
  const rig = new ZoneRig();
  rig.step(0, { LoopDelay: 300 });
  rig.step(100, { LoopDelay: 0 });
  rig.step(1_500);
  rig.machine.reset(testZones());
  assert.equal(rig.step(500), Yellow);
  rig.machine.override({ ...wish, zone: Red }, rig.nowMs);
  rig.machine.reset(testZones());
  assert.equal(rig.step(100), Red);
});

test('explain() shows an override with what is left of it', () => {
  const rig = new ZoneRig();
  rig.step(0);
  rig.machine.override({ ...wish, zone: Yellow }, rig.nowMs);
  rig.nowMs += 100;
  const { zone, computedZone, override } = rig.explain();
  assert.deepEqual([zone, computedZone], [Yellow, Green]);
  const { durationMs: _, ...same } = wish;
  const expected = { ...same, zone: Yellow, cause: 'override', leftMs: 59_900 };
  assert.deepEqual(override, { ...expected, isOverruled: false });
});
