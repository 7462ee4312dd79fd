import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Medium, mediumFacts, mediumName } from './medium.ts';

test('mediumFacts() knows what forgets, what is far away and what copies on write', () => {
  const rows = [
    [0xef53, 'ext4', Medium.Persistent, undefined],
    [0x5846_5342, 'xfs', Medium.Persistent, undefined],
    [0x9123_683e, 'btrfs', Medium.Persistent, /copies on write/],
    [0x0102_1994, 'tmpfs', Medium.Volatile, /is memory/],
    [0x8584_58f6, 'ramfs', Medium.Volatile, /is memory/],
    [0x6969, 'nfs', Medium.Network, /server/],
    [0x794c_7630, 'overlayfs', Medium.Layer, /mount a volume/],
    [0x1234_abcd, '0x1234abcd', Medium.Persistent, undefined],
  ] as const;
  for (const [type, fileSystem, medium, warning] of rows) {
    for (const word of [type, type | 0]) {
      const facts = mediumFacts(word);
      assert.deepEqual([facts.fileSystem, facts.medium], [fileSystem, medium]);
      assert.match(facts.warning ?? '', warning ?? /^$/);
    }
  }
});

test('mediumName() has a name for each medium', () => {
  assert.deepEqual(Object.values(Medium).map(mediumName), [
    ...['persistent', 'volatile', 'network', 'layer'],
  ]);
  assert.equal(mediumName(0), 'unknown');
});
