import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZoneRig } from '../../test/support/zone-rig.ts';
import { Zone } from '../memory/zone-word.ts';
import { type Transition, transitionsMax } from './zone-history.ts';

const { Green, Yellow, Red } = Zone;

test('step() rises at once, and falls one zone at a time after the dwell of each', () => {
  const rig = new ZoneRig();
  assert.equal(rig.step(0, { Arena: 10 }), Green);
  assert.equal(rig.step(100, { Arena: 90 }), Red);
  assert.equal(rig.step(100, { Arena: 10 }), Red);
  assert.equal(rig.step(1_999), Red);
  assert.equal(rig.step(1), Yellow);
  assert.equal(rig.step(4_999), Yellow);
  assert.equal(rig.step(1), Green);
});

test('step() holds a zone while any signal is above the release of its threshold', () => {
  const rig = new ZoneRig();
  rig.step(0, { Arena: 90, LoopDelay: 0 });
  assert.equal(rig.step(3_000, { Arena: 68 }), Red); // 80 % of 85
  assert.equal(rig.step(3_000, { Arena: 0, LoopDelay: 200 }), Red); // another signal, 80 % of 250
  assert.equal(rig.step(100, { LoopDelay: 199 }), Red);
  assert.equal(rig.step(2_000), Yellow);
  assert.equal(rig.step(9_000, { LoopDelay: 40 }), Yellow); // 80 % of 50
  assert.equal(rig.step(100, { LoopDelay: 39 }), Yellow);
  assert.equal(rig.step(4_000, { Arena: 48 }), Yellow); // 80 % of 60
  assert.equal(rig.step(4_000, { Arena: 47 }), Yellow);
  assert.equal(rig.step(5_000), Green);
});

test('step() counts calm for Yellow only from when it is Yellow', () => {
  const rig = new ZoneRig();
  rig.step(0, { Arena: 90 });
  rig.step(100, { Arena: 0 });
  assert.equal(rig.step(10_000), Yellow);
  assert.equal(rig.step(4_999), Yellow);
  assert.equal(rig.step(1), Green);
});

test('step() lets go of a signal that is no longer to be had', () => {
  const rig = new ZoneRig();
  rig.step(0, { CgroupMemory: 80 });
  assert.equal(rig.step(5_000), Red);
  assert.equal(rig.step(100, { CgroupMemory: Number.NaN }), Red);
  assert.equal(rig.step(2_000), Yellow);
  assert.equal(rig.step(5_000), Green);
});

test('step() leaves Red when the host is full but our own use no longer grows', () => {
  const rig = new ZoneRig();
  assert.equal(rig.step(0, { HostMemory: 95, OwnGrowth: 1e6 }), Red);
  assert.equal(rig.step(100, { OwnGrowth: 0 }), Red);
  assert.equal(rig.step(2_000), Yellow);
  assert.equal(rig.step(60_000), Yellow);
  assert.equal(rig.step(100, { OwnGrowth: 1 }), Red);
});

test('step() neither shortens a dwell nor stays for ever when the clock jumps', () => {
  const rig = new ZoneRig();
  rig.step(1e9, { Arena: 90 });
  rig.step(100, { Arena: 0 });
  assert.equal(rig.step(1_000), Red);
  assert.equal(rig.step(-1e9), Red);
  assert.equal(rig.step(999), Red);
  assert.equal(rig.step(1), Yellow);
  assert.equal(rig.step(1e12), Green);
});

test('step() returns each transition with what decided it', () => {
  const rig = new ZoneRig();
  rig.sample(0);
  const up = rig.sample(1_000, { Arena: 90, LoopDelay: 60, AnonymousMemory: 99, OwnGrowth: 1 });
  assert.deepEqual(up, {
    atMs: 1_000,
    from: Green,
    to: Red,
    cause: 'signal',
    signals: [
      { name: 'arena_percent', value: 90, threshold: 85 },
      { name: 'anonymous_memory_percent', value: 99, threshold: 98 },
    ],
    durationMs: 1_000,
  });
  assert.equal(rig.sample(100, { Arena: 70, AnonymousMemory: 10 }), undefined);
  assert.equal(rig.sample(100, { Arena: 50 }), undefined);
  const down = rig.sample(2_000);
  assert.deepEqual(down, {
    atMs: 3_200,
    from: Red,
    to: Yellow,
    cause: 'dwell',
    signals: [{ name: 'arena_percent', value: 50, threshold: 68 }], // the last to hold Red
    durationMs: 2_200,
  });
  rig.sample(100, { MemoryExhaustion: 20_000, LoopDelay: 0, Arena: Number.NaN });
  rig.sample(100, { MemoryExhaustion: Infinity });
  const green = rig.sample(5_000);
  assert.deepEqual(green?.signals, [
    { name: 'memory_exhaustion', value: Infinity, threshold: 37_500 },
  ]);
  assert.deepEqual(rig.machine.history(), [up, down, green]);
});

test('history() keeps the last 200, oldest first', () => {
  const rig = new ZoneRig({ red_dwell: '100ms', yellow_dwell: '100ms' });
  const all: Transition[] = [];
  for (let index = 0; index < 3 * transitionsMax; index++) {
    const made = rig.sample(100, { Arena: index % 5 === 0 ? 90 : 0 });
    if (made) all.push(made);
    assert.deepEqual(rig.machine.history(), all.slice(-transitionsMax));
  }
  assert.equal(transitionsMax, 200);
  assert.ok(all.length > 300);
});

test('explain() names what would have to move, and by how much', () => {
  const rig = new ZoneRig();
  rig.step(0, { Arena: 90, MemoryExhaustion: 6_000, LoopDelay: 20 });
  rig.nowMs += 300;
  const { holding, signals, ...rest } = rig.explain();
  assert.deepEqual(rest, {
    zone: Red,
    computedZone: Red,
    durationMs: 300,
    override: undefined,
    dwellLeftMs: undefined,
    lastHeldBy: ['arena_percent'],
  });
  assert.deepEqual(holding, [
    {
      name: 'memory_exhaustion',
      unit: 'milliseconds',
      value: 6_000,
      yellow: 30_000,
      red: 5_000,
      holds: Red,
      release: 6_250,
      moveBy: 250,
    },
    {
      name: 'arena_percent',
      unit: 'percent',
      value: 90,
      yellow: 60,
      red: 85,
      holds: Red,
      release: 68,
      moveBy: 22,
    },
  ]);
  assert.deepEqual(
    signals.map(({ name, holds }) => [name, holds]),
    [
      ['memory_exhaustion', Red],
      ['arena_percent', Red],
      ['loop_delay_p99', Green],
    ],
  );
});

test('explain() says how long the dwell still lasts, and changes nothing', () => {
  const rig = new ZoneRig();
  rig.step(0, { Arena: 90 });
  rig.step(100, { Arena: 50 });
  rig.step(500);
  rig.nowMs += 1_000;
  for (let time = 0; time < 2; time++) {
    const { holding, dwellLeftMs, lastHeldBy } = rig.explain();
    assert.deepEqual([holding, dwellLeftMs, lastHeldBy], [[], 500, ['arena_percent']]);
  }
  assert.equal(rig.step(500), Yellow);
  assert.equal(rig.explain().holding[0]?.release, 48);
  rig.step(100, { Arena: 0 });
  assert.equal(rig.explain().dwellLeftMs, 5_000);
  assert.equal(rig.step(5_000), Green);
  assert.deepEqual([rig.explain().dwellLeftMs, rig.explain().lastHeldBy], [undefined, []]);
});

test('step() allocates nothing while nothing changes', () => {
  const { machine, readings } = new ZoneRig();
  readings.fill(0.5);
  let nowMs = 0; // whole numbers: a caller's fraction may be an object of its own
  const growthBytes = () => {
    const beforeBytes = process.memoryUsage().heapUsed;
    for (let count = 0; count < 50_000; count++) machine.step(++nowMs, readings);
    return Math.abs(process.memoryUsage().heapUsed - beforeBytes);
  };
  const growthsBytes = Array.from({ length: 6 }, growthBytes);
  assert.ok(Math.min(...growthsBytes) < 50_000, `${growthsBytes}`); // a byte a step
});
