import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MiB, vaultReadingSizeBytes } from '../limits.ts';
import { Zone } from '../memory/zone-word.ts';
import { missingRoom, shortMemory } from './memory-shortage.ts';

function signal(name: string, value: number, yellow: number) {
  return {
    ...({ name, unit: 'percent', value, yellow, red: 99, holds: Zone.Green, release: 50 } as const),
    moveBy: undefined,
  };
}

test('shortMemory() names the signals of memory at their threshold of Yellow', () => {
  assert.deepEqual(shortMemory([]), []);
  assert.deepEqual(shortMemory([signal('cgroup_memory_percent', 79.9, 80)]), []);
  assert.deepEqual(
    shortMemory([
      signal('cgroup_memory_percent', 80, 80),
      signal('anonymous_memory_percent', 95, 92),
      signal('host_memory_percent', 10, 80),
    ]),
    ['cgroup_memory_percent', 'anonymous_memory_percent'],
  );
});

test('shortMemory() knows which one falls, and which never counts', () => {
  assert.deepEqual(shortMemory([signal('memory_exhaustion', Infinity, 30_000)]), []);
  assert.deepEqual(shortMemory([signal('memory_exhaustion', 4_000, 30_000)]), [
    'memory_exhaustion',
  ]);
  assert.deepEqual(shortMemory([signal('host_memory_percent', 99, Infinity)]), []);
});

test('shortMemory() asks neither for the arena nor for what is no memory', () => {
  assert.deepEqual(shortMemory([signal('arena_percent', 99, 60)]), []);
  assert.deepEqual(shortMemory([signal('psi_cpu_some_percent', 99, 60)]), []);
});

test('missingRoom() says what is missing, and nothing where nobody knows', () => {
  assert.equal(missingRoom(vaultReadingSizeBytes), undefined);
  assert.equal(missingRoom(Number.NaN), undefined);
  const short = 'memory is short (9 MiB of what is planned are free, and it takes 10)';
  assert.equal(missingRoom(vaultReadingSizeBytes - 1), short);
  assert.match(missingRoom(-MiB) ?? '', /\(0 MiB/);
});
