// Lives of a vault on a disk, as tests lead them: start, fill, look, lose power.

import assert from 'node:assert/strict';
import { VaultWord } from '../../src/memory/vault-page.ts';
import { VaultAnswer } from '../../src/vault/hand-over.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import type { DiskCall } from './call-script.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { bodyOf } from './vault-model.ts';
import { VaultRig, type VaultRigOptions } from './vault-rig.ts';

/** Two of them fill a segment of 64 KiB. */
export const halfSegment = bodyOf(1, 24_000);

export function startLife(disk: SimulatedDisk, options: Partial<VaultRigOptions> = {}): VaultRig {
  const rig = new VaultRig({ directory: disk, ...options });
  rig.turn();
  return rig;
}

/** Nothing that was not flushed survives. */
export function lostPower(disk: SimulatedDisk): SimulatedDisk {
  return disk.crashed(() => 0);
}

/** All of them are acknowledged. */
export function commitAll(rig: VaultRig, count: number, sizeBytes = 24_000): void {
  for (let number = 0; number < count; number += 1)
    assert.equal(rig.commit(bodyOf(number, sizeBytes)).answer, VaultAnswer.Acked);
}

/** Appends until the vault is full; how many it took. */
export function fill(rig: VaultRig): number {
  for (let count = 0; count < 1_000; count += 1) {
    const { answer } = rig.commit(bodyOf(count, 24_000));
    if (answer === VaultAnswer.Full) return count;
    assert.equal(answer, VaultAnswer.Acked);
  }
  assert.fail('never full');
}

/** Others take what is left of the file system. */
export function takeRest(disk: SimulatedDisk): void {
  const opened = disk.open('LOCK.db', { mode: 2, direct: false });
  if (opened.fault !== IoFault.None) assert.fail('LOCK.db cannot be made');
  for (let at = 0; disk.usedBytes < disk.options.capacityBytes; at += 4096)
    assert.equal(opened.file.write(new Uint8Array(4096), 0, 4096, at), IoFault.None);
  opened.file.close();
}

export function segmentsOn(disk: SimulatedDisk): string[] {
  const listed = disk.list('seg');
  assert.ok(listed.fault === IoFault.None);
  return listed.names.map(({ name }) => name).filter((name) => name.endsWith('.vlt'));
}

export function stateOf(rig: VaultRig): number {
  return rig.page.get(VaultWord.State);
}

/** What a piece of work changes on the disk, as `write seg/next.spare`: names are those at open. */
export function changesOf(disk: SimulatedDisk, work: () => void): string[] {
  const before = disk.script.calls.length;
  work();
  const calls = disk.script.calls.slice(before).filter(isChange);
  return calls.map(({ name, path }) => `${name} ${path}`);
}

function isChange({ name }: DiskCall): boolean {
  return ['write', 'fdatasync', 'truncate', 'mkdir', 'rename', 'unlink'].includes(name);
}
