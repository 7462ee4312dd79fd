// What the zone and the host change for the vault thread: how fast it writes what nobody waits for,
// and how hard it compresses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiskCall } from '../../test/support/call-script.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { fill, startLife, stateOf } from '../../test/support/vault-lives.ts';
import type { VaultRig } from '../../test/support/vault-rig.ts';
import { KiB, MiB } from '../limits.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { HostWord, type ZonePage } from '../memory/zone-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { nextSparePath, unfinishedSuffix } from './file-names.ts';
import { SettleKind, VaultAnswer } from './hand-over.ts';
import { IoFault } from './io-fault.ts';
import { LogState } from './log-state.ts';

const segmentSizeBytes = 8 * MiB;
const config = { segmentSizeBytes, limitBytes: 128 * MiB };

const situations: readonly {
  readonly name: string;
  readonly givesWay: boolean;
  set(zones: ZonePage): void;
}[] = [
  { name: 'Green', givesWay: false, set: () => {} },
  {
    name: 'Green with a busy CPU',
    givesWay: false,
    set: (page) => page.set(HostWord.CpuShort, true),
  },
  {
    name: 'Green with a busy disk',
    givesWay: true,
    set: (page) => page.set(HostWord.IoBusy, true),
  },
  { name: 'Yellow', givesWay: true, set: ({ zone }) => zone.set(Zone.Yellow) },
  { name: 'Red', givesWay: true, set: ({ zone }) => zone.set(Zone.Red) },
];

function isOfSpare({ path }: DiskCall): boolean {
  return path.startsWith('seg/') && path.endsWith(unfinishedSuffix);
}

/** Bytes of spares that `work` has written. */
function filled(disk: SimulatedDisk, work: () => void): number {
  const before = disk.script.calls.length;
  work();
  return disk.script.calls
    .slice(before)
    .filter((call) => call.name === 'write' && isOfSpare(call))
    .reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
}

/** The live file fails once: the vault goes on in its spare, and needs another one. */
function takeSpare(rig: VaultRig, disk: SimulatedDisk): void {
  let hasFailed = false;
  disk.script.watch = ({ name }) => {
    if (hasFailed || name !== 'fdatasync') return undefined;
    hasFailed = true;
    return { kind: 'fault', fault: IoFault.Medium };
  };
  rig.append('small');
  assert.equal(rig.vault.loop.step(), 0);
  disk.script.watch = undefined;
  assert.equal(rig.answers()[0]?.answer, VaultAnswer.Acked);
}

for (const { name, givesWay, set } of situations) {
  test(`step() fills spares ${givesWay ? 'a MiB in 100 ms' : 'at once'} in idle time: ${name}`, () => {
    const disk = new SimulatedDisk();
    const rig = startLife(disk, { config });
    rig.commit('small');
    set(rig.zones);
    takeSpare(rig, disk);
    const aheadBytes = filled(disk, () => rig.turn());
    // As much as may be missing when a large group ends the segment early.
    const [from, to] = givesWay ? [2 * MiB, 4 * MiB] : [segmentSizeBytes, segmentSizeBytes];
    assert.ok(aheadBytes >= from && aheadBytes <= to, `${aheadBytes}`);
    for (let restBytes = segmentSizeBytes - aheadBytes; restBytes > 0; restBytes -= MiB) {
      assert.ok(!disk.has(nextSparePath));
      const slice = filled(disk, () => rig.pass(100, 10));
      assert.equal(slice, MiB);
    }
    assert.ok(disk.has(nextSparePath));
    const later = filled(disk, () => rig.pass(1_000, 10));
    assert.equal(later, 0);
    assert.ok(rig.vault.loop.step() > 1_000, 'it sleeps');
  });
}

test('step() fills at once again when the zone is Green', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk, { config });
  rig.commit('small');
  rig.zones.zone.set(Zone.Red);
  takeSpare(rig, disk);
  rig.pass(100);
  rig.zones.zone.set(Zone.Green);
  const rest = filled(disk, () => rig.pass(100, 100));
  assert.ok(rest >= 3 * MiB && disk.has(nextSparePath), `${rest}`);
});

// Scenario: entries that cannot be compressed come as fast as they are answered, or with pauses,
// over several segments.
// Guarantees: whatever the zone, none of them waits for a spare to be filled.
for (const { name, set } of situations) {
  test(`commit() never waits for a spare: ${name}`, () => {
    for (const isPaused of [false, true]) {
      const disk = new SimulatedDisk();
      const small = { ...config, segmentSizeBytes: 4 * MiB };
      const rig = startLife(disk, { config: small, slabsSizeBytes: 4 * MiB });
      const random = new SeededRandom(7);
      const noise = Uint8Array.from({ length: 900 * KiB }, () => random.below(256));
      set(rig.zones);
      for (let count = 0; count < 40; count += 1) {
        rig.append(noise.subarray(0, 1 + random.below(noise.length)));
        let isDurable = false;
        let waitedBytes = 0;
        disk.script.watch = (call) => {
          const ofSpare = isOfSpare(call);
          if (call.name === 'write' && ofSpare && !isDurable) waitedBytes += call.lengthBytes;
          isDurable ||= call.name === 'fdatasync' && !ofSpare;
          return undefined;
        };
        rig.vault.loop.step();
        disk.script.watch = undefined;
        assert.equal(rig.answers()[0]?.answer, VaultAnswer.Acked);
        assert.equal(waitedBytes, 0, `entry ${count}`);
        if (isPaused) rig.pass(random.below(300), 10);
      }
      rig.pass(200);
      assert.ok(rig.page.get(VaultWord.Rotations) >= 3);
    }
  });
}

test('a full vault takes entries again as soon in Red as in Green', () => {
  const tookMs = [Zone.Green, Zone.Red].map((zone) => {
    const rig = startLife(new SimulatedDisk());
    const count = fill(rig);
    rig.zones.zone.set(zone);
    rig.settle(SettleKind.Delivered, 0, count - 4);
    const startMs = rig.clock.nowMs();
    while (stateOf(rig) !== LogState.Ok) rig.pass(10, 10);
    return rig.clock.nowMs() - startMs;
  });
  assert.equal(tookMs[1], tookMs[0]);
});

test('commit() compresses less while the CPU is short and the disk is not, in the same format', () => {
  const random = new SeededRandom(11);
  const words = ['accepted', 'request', 'from', 'peer', 'after', 'bytes', 'in', 'refused'];
  const line = () => `${words.map(() => random.pick(words)).join(' ')} ${random.below(1_000)}`;
  const text = Array.from({ length: 3_000 }, line);
  const body = text.join('\n');
  const rig = startLife(new SimulatedDisk(), { config });
  const storedBytes = () => {
    const before = rig.page.get(VaultWord.StoredBytes);
    rig.commit(body);
    rig.pass(100);
    return rig.page.get(VaultWord.StoredBytes) - before;
  };
  storedBytes(); // with the header of the segment
  const calmBytes = storedBytes();
  rig.zones.set(HostWord.CpuShort, true);
  const hurriedBytes = storedBytes();
  rig.zones.set(HostWord.IoBusy, true);
  assert.equal(storedBytes(), calmBytes);
  rig.zones.set(HostWord.IoBusy, false);
  rig.zones.zone.set(Zone.Red);
  assert.equal(storedBytes(), hurriedBytes);
  rig.zones.set(HostWord.CpuShort, false);
  assert.equal(storedBytes(), calmBytes);
  assert.ok(hurriedBytes > calmBytes, `${hurriedBytes} and ${calmBytes} bytes`);
  const { entries, others } = rig.read();
  assert.deepEqual(others, []);
  assert.equal(entries.length, 6);
  for (const entry of entries) assert.equal(entry.body, body);
});
