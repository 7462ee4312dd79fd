import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RigMemory } from '../../test/support/rig-memory.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { VaultRig } from '../../test/support/vault-rig.ts';
import { DurableEnd } from '../memory/vault-page.ts';
import { IoFault } from './io-fault.ts';
import { LogSource } from './log-source.ts';

test('refresh() finds a segment that was begun and has failed since the last look', () => {
  const disk = new SimulatedDisk();
  const memory = new RigMemory();
  const rig = new VaultRig({ directory: disk, memory });
  const source = new LogSource({
    ...{ directory: disk, direct: true, vaultUuid: rig.vault.vaultUuid, area: rig.area },
    ...{ kernel: memory.buffers.kernel, hash: memory.buffers.hash, region: memory.reader },
  });
  const end = new DurableEnd();
  rig.page.readEnd(end);
  assert.equal(source.refresh(end), IoFault.None);
  rig.commit('acknowledged');
  disk.script.watch = ({ name }) =>
    name === 'write' || name === 'open' ? { kind: 'fault', fault: IoFault.Medium } : undefined;
  rig.commit('refused');
  disk.script.watch = undefined;
  rig.page.readEnd(end);
  assert.deepEqual([end.liveSegmentId, end.entryEnd], [0, 1]);
  assert.equal(source.refresh(end), IoFault.None);
  assert.equal(source.newest?.entryEnd, 1);
});
