import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testZones } from '../../test/support/zones-config.ts';
import { Zone } from '../memory/zone-word.ts';
import { signalTable } from './signal-table.ts';
import { createReadings, type Readings, Signal, signalCount } from './signals.ts';
import { ZoneMachine } from './zone-machine.ts';

const { Green, Yellow, Red } = Zone;

interface Case {
  readonly signal: Signal;
  /** Calm; then the value that is Yellow, and the last one that is not. */
  readonly yellow: readonly [at: number, before: number];
  readonly red?: readonly [at: number, before: number];
  readonly samplesToRise?: 2;
  readonly isMemory?: true;
  readonly needsGrowthFrom?: Zone;
}

/** The defaults of the design, written down a second time. */
const cases: Readonly<Record<string, Case>> = {
  cgroup_memory_percent: {
    signal: Signal.CgroupMemory,
    yellow: [50, 49.9],
    red: [75, 74.9],
    isMemory: true,
  },
  parent_memory_percent: {
    signal: Signal.ParentMemory,
    yellow: [75, 74.9],
    red: [90, 89.9],
    isMemory: true,
    needsGrowthFrom: Red,
  },
  host_memory_percent: {
    signal: Signal.HostMemory,
    yellow: [75, 74.9],
    red: [90, 89.9],
    isMemory: true,
    needsGrowthFrom: Red,
  },
  memory_exhaustion: {
    signal: Signal.MemoryExhaustion,
    yellow: [30_000, 30_001],
    red: [5_000, 5_001],
    isMemory: true,
  },
  memory_events: { signal: Signal.MemoryEvents, yellow: [1, 0], red: [2, 1], isMemory: true },
  psi_memory_some_percent: {
    signal: Signal.PsiMemorySome,
    yellow: [10, 9.9],
    red: [40, 39.9],
    samplesToRise: 2,
  },
  psi_memory_full_percent: {
    signal: Signal.PsiMemoryFull,
    yellow: [5, 4.9],
    red: [20, 19.9],
    samplesToRise: 2,
  },
  psi_memory_some_host_percent: {
    signal: Signal.PsiMemorySomeHost,
    yellow: [10, 9.9],
    samplesToRise: 2,
  },
  psi_memory_full_host_percent: {
    signal: Signal.PsiMemoryFullHost,
    yellow: [5, 4.9],
    samplesToRise: 2,
  },
  psi_cpu_some_percent: { signal: Signal.PsiCpuSome, yellow: [60, 59.9], samplesToRise: 2 },
  cpu_throttled_percent: { signal: Signal.CpuThrottled, yellow: [60, 59.9] },
  host_cpu_percent: { signal: Signal.HostCpu, yellow: [95, 94.9] },
  arena_percent: { signal: Signal.Arena, yellow: [60, 59.9], red: [85, 84.9], isMemory: true },
  loop_delay_p99: { signal: Signal.LoopDelay, yellow: [50, 49.9], red: [250, 249.9] },
  anonymous_memory_percent: {
    signal: Signal.AnonymousMemory,
    yellow: [92, 91.9],
    red: [98, 97.9],
    isMemory: true,
    needsGrowthFrom: Yellow,
  },
};

function only(signal: Signal, value: number, growth = 1): Readings {
  const readings = createReadings();
  readings[Signal.OwnGrowth] = growth;
  readings[signal] = value;
  return readings;
}

/** Of a machine that has seen nothing but these. */
function zonesAfter(samples: readonly Readings[], yaml: object = {}): Zone[] {
  const machine = new ZoneMachine(testZones(yaml), 0);
  return samples.map((readings, index) => {
    machine.step(index * 100, readings);
    return machine.zone;
  });
}

test('signalTable has one row for each signal, in their order', () => {
  assert.deepEqual(
    signalTable.map(({ signal }) => signal),
    Array.from({ length: signalCount }, (_, signal) => signal),
  );
  assert.equal(new Set(signalTable.map(({ name }) => name)).size, signalCount);
  assert.deepEqual(
    signalTable.map(({ name }) => name),
    [...Object.keys(cases), 'own_growth', 'psi_io_some_percent'],
  );
});

for (const [name, expected] of Object.entries(cases)) {
  const { signal, yellow, red, samplesToRise = 1 } = expected;
  const quiet = Array.from({ length: samplesToRise - 1 }, () => Green);

  test(`${name} alone is Yellow from its threshold on, after ${samplesToRise} in a row`, () => {
    const [at, before] = yellow;
    const calm = Array(5).fill(only(signal, before));
    assert.deepEqual(zonesAfter(calm), Array(5).fill(Green));
    const hot = Array(samplesToRise).fill(only(signal, at));
    assert.deepEqual(zonesAfter(hot), [...quiet, Yellow]);
    const apart = [only(signal, at), only(signal, before), only(signal, at), createReadings()];
    const apartZone = samplesToRise === 1 ? Yellow : Green;
    assert.deepEqual(zonesAfter([...apart, only(signal, at)]), Array(5).fill(apartZone));
  });

  test(`${name} alone is ${red ? 'Red from its threshold on' : 'never Red'}`, () => {
    const [at, before] = red ?? [Infinity, Number.MAX_VALUE];
    assert.deepEqual(zonesAfter(Array(3).fill(only(signal, before))).at(-1), Yellow);
    const hot = zonesAfter(Array(3).fill(only(signal, at)));
    const rises = [...quiet, Red, Red, Red].slice(0, 3);
    assert.deepEqual(hot, red ? rises : [...quiet, Yellow, Yellow, Yellow].slice(0, 3));
  });

  test(`${name} says what it may do`, () => {
    const row = signalTable[signal]!;
    assert.equal(row.isMemory, expected.isMemory ?? false);
    assert.equal(row.needsGrowthFrom, expected.needsGrowthFrom);
    const extreme = row.isFalling ? 0 : (red?.[0] ?? 0);
    for (const growth of [0, -1, Number.NaN]) {
      const zone = zonesAfter([only(signal, extreme, growth)]).at(-1);
      const mayRise = red !== undefined && samplesToRise === 1;
      const risesTo = (row.needsGrowthFrom ?? Infinity) - 1;
      assert.equal(zone, mayRise ? Math.min(Red, risesTo) : Green, `${growth}`);
    }
  });
}

test('signalTable: own_growth and psi_io_some_percent make no zone', () => {
  for (const signal of [Signal.OwnGrowth, Signal.PsiIoSome]) {
    const readings = createReadings();
    for (const value of [0, 100, 1e12, Infinity]) {
      readings[signal] = value;
      assert.deepEqual(zonesAfter([readings, readings, readings]), [Green, Green, Green]);
    }
  }
});

test('signalTable: memory_exhaustion is calm while nothing grows, and Red at 0', () => {
  assert.deepEqual(zonesAfter([only(Signal.MemoryExhaustion, Infinity)]), [Green]);
  assert.deepEqual(zonesAfter([only(Signal.MemoryExhaustion, 0)]), [Red]);
});

test('signalTable: a threshold of 100 % never fires, nor holds', () => {
  const keys: readonly [string, readonly Signal[]][] = [
    ['cgroup_memory_percent', [Signal.CgroupMemory]],
    ['memory_percent', [Signal.ParentMemory, Signal.HostMemory]],
    ['psi_memory_some_percent', [Signal.PsiMemorySome, Signal.PsiMemorySomeHost]],
    ['psi_memory_full_percent', [Signal.PsiMemoryFull, Signal.PsiMemoryFullHost]],
    ['arena_percent', [Signal.Arena]],
    ['anonymous_memory_percent', [Signal.AnonymousMemory]],
  ];
  for (const [key, signals] of keys) {
    for (const signal of signals) {
      const never = { signals: { [key]: { yellow: '100', red: '100' } } };
      const noRed = { signals: { [key]: { yellow: '20', red: '100' } } };
      const most = Array(3).fill(only(signal, 100));
      assert.equal(zonesAfter(most, never).at(-1), Green, key);
      assert.equal(zonesAfter(Array(3).fill(only(signal, Infinity)), never).at(-1), Green, key);
      assert.equal(zonesAfter(most, noRed).at(-1), Yellow, key);
      const machine = new ZoneMachine(testZones({ force: 'yellow', ...never }), 0);
      assert.deepEqual(machine.explain(0, only(signal, 100)).holding, []);
    }
  }
  const cpu = { signals: { psi_cpu_some_percent: { yellow: '100' } } };
  for (const signal of [Signal.PsiCpuSome, Signal.CpuThrottled]) {
    assert.equal(zonesAfter(Array(3).fill(only(signal, 100)), cpu).at(-1), Green);
  }
});
