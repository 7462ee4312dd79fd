import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { ControlRig } from '../../test/support/control-rig.ts';
import { SignalUnit, Zone as WireZone } from '../generated/gophership/control/v1/control_pb.js';
import { Zone } from '../memory/zone-word.ts';
import { explainMessage } from './explain-message.ts';
import { signalMessages, wireZone, zoneOf, zoneStatus } from './zone-message.ts';

function zoneNow(rig: ControlRig) {
  return zoneStatus(rig.view, rig.monitor.explain());
}

function signalNow(rig: ControlRig, wanted: string) {
  const { $typeName, ...signal } =
    signalMessages(rig.monitor.explain().signals).find(({ name }) => name === wanted) ?? {};
  return signal;
}

test("wireZone() and zoneOf() are each other's way back, and know no other number", () => {
  for (const zone of Object.values(Zone)) assert.equal(zoneOf(wireZone(zone)), zone);
  for (const number of [0, 4, -1]) assert.equal(zoneOf(number as WireZone), undefined); // as sent
});

test('zoneStatus() says which zone acts, why, and for how long', () => {
  const rig = new ControlRig();
  assert.equal(zoneNow(rig).reason, 'no signal is at its threshold');
  rig.clock.advance(100);
  rig.sample({ HostMemory: 95, OwnGrowth: 1e6 });
  rig.clock.advance(1_500);
  const { zone, computedZone, duration, override, observesOnly, reason } = zoneNow(rig);
  assert.deepEqual([zone, computedZone], [WireZone.RED, WireZone.RED]);
  assert.equal(duration && durationMs(duration), 1_500);
  assert.equal(override, undefined);
  assert.equal(observesOnly, false);
  assert.equal(reason, 'host_memory_percent 95 % (until below 72 %)');
});

test('zoneStatus() says on which side of its release a falling signal has to get', () => {
  const rig = new ControlRig();
  rig.sample({ MemoryExhaustion: 4_000 });
  assert.match(zoneNow(rig).reason, /^memory_exhaustion 4000 ms \(until above \d+ ms\)$/);
});

test('zoneStatus() says how much of the dwell is left when all is calm', () => {
  const rig = new ControlRig();
  rig.sample({ HostMemory: 95, OwnGrowth: 1e6 });
  rig.clock.advance(100);
  rig.sample({ HostMemory: 10 });
  rig.clock.advance(500);
  assert.match(zoneNow(rig).reason, /^calm, 2 s until it is lower; last held by host_memory_per/);
});

test('zoneStatus() tells of an override, and what the signals would want', () => {
  const rig = new ControlRig();
  rig.sample({ CgroupMemory: 60 });
  rig.override('green', 'a known neighbour');
  rig.clock.advance(600_000);
  const { zone, computedZone, override, reason } = zoneNow(rig);
  assert.deepEqual([zone, computedZone], [WireZone.GREEN, WireZone.YELLOW]);
  assert.equal(reason, 'held by CN=test: a known neighbour');
  assert.equal(override?.zone, WireZone.GREEN);
  assert.equal(override?.left && durationMs(override.left), 3_000_000);
  assert.deepEqual([override?.by, override?.isOverruled], ['CN=test', false]);
});

test('zoneStatus() tells of memory that overrules an override', () => {
  const rig = new ControlRig();
  rig.override('green');
  rig.sample({ HostMemory: 95, OwnGrowth: 1e6 });
  const { zone, override, reason } = zoneNow(rig);
  assert.deepEqual([zone, override?.isOverruled], [WireZone.RED, true]);
  assert.match(reason, /^memory is short, which no override lowers: host_memory_percent 95 %/);
});

test('zoneStatus() has no end for what the configuration forces', () => {
  const { zone, override, reason } = zoneNow(new ControlRig({ zones: { force: 'red' } }));
  assert.equal(zone, WireZone.RED);
  assert.equal(override?.left, undefined);
  assert.equal(reason, 'held by configuration: zones.force: red');
});

test('zoneStatus() is Green while the engine only observes, and says what it would be', () => {
  const rig = new ControlRig({ zones: { observe_only: true } });
  rig.sample({ HostMemory: 95, OwnGrowth: 1e6 });
  const { zone, computedZone, duration, observesOnly, reason } = zoneNow(rig);
  assert.deepEqual([zone, computedZone, observesOnly], [WireZone.GREEN, WireZone.RED, true]);
  assert.equal(duration, undefined, "of a zone that is not the machine's");
  assert.match(reason, /^only observed, would be red: host_memory_percent 95 %/);
});

test('signalMessages() leaves out what a signal never does', () => {
  const rig = new ControlRig();
  rig.sample({ HostMemory: 95, OwnGrowth: 1e6, MemoryExhaustion: Infinity, PsiCpuSome: 1 });
  assert.deepEqual(signalNow(rig, 'host_memory_percent'), {
    ...{ name: 'host_memory_percent', unit: SignalUnit.PERCENT, value: 95 },
    ...{ yellow: 75, red: 90, holds: WireZone.RED, release: 72 },
  });
  assert.deepEqual(signalNow(rig, 'psi_cpu_some_percent'), {
    ...{ name: 'psi_cpu_some_percent', unit: SignalUnit.PERCENT, value: 1 },
    ...{ yellow: 60, holds: WireZone.GREEN },
  });
  assert.deepEqual(signalNow(rig, 'own_growth'), {
    ...{ name: 'own_growth', unit: SignalUnit.BYTES_PER_SECOND, value: 1e6, holds: WireZone.GREEN },
  });
  assert.deepEqual(signalNow(rig, 'memory_exhaustion'), {
    ...{ name: 'memory_exhaustion', unit: SignalUnit.MILLISECONDS, value: Infinity },
    ...{ yellow: 30_000, red: 5_000, holds: WireZone.GREEN },
  });
  assert.deepEqual(signalNow(rig, 'psi_memory_full_percent'), {}, 'is not to be had');
});

test('explainMessage() names what holds the zone, and what this host does not have', () => {
  const rig = new ControlRig();
  rig.sample({ HostMemory: 95, OwnGrowth: 1e6, CgroupMemory: 80 });
  const held = explainMessage(rig.view);
  assert.deepEqual(held.holding, ['cgroup_memory_percent', 'host_memory_percent']);
  assert.equal(held.dwellLeft, undefined);
  assert.deepEqual(held.absent, ['psi_memory_full_percent']);
  rig.clock.advance(100);
  rig.sample({ HostMemory: 10, CgroupMemory: 1 });
  rig.clock.advance(500);
  const calm = explainMessage(rig.view);
  assert.deepEqual(calm.holding, []);
  assert.equal(calm.dwellLeft && durationMs(calm.dwellLeft), 1_500);
  assert.deepEqual(calm.lastHeldBy, ['cgroup_memory_percent', 'host_memory_percent']);
  assert.equal(calm.zone?.zone, WireZone.RED);
  assert.ok(calm.signals.length > 0);
});
