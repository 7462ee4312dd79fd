// Scenario: an engine goes on writing while somebody looks for the end of its log, as the commands
// that read a vault in use do.
// Guarantees: what was there when the look began is the log; no block that came since makes a
// contradiction of it.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type BlockFile, OpenMode, type VaultDirectory } from '../../src/vault/block-file.ts';
import { segmentPath } from '../../src/vault/file-names.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { unitWindowSizeBytes } from '../../src/vault/unit-window.ts';
import { threeBlocks } from '../support/recovery-check.ts';
import { capacityBytes, newVault, put, putMeta, recover } from '../support/recovery-rig.ts';
import type { SimulatedDisk } from '../support/simulated-disk.ts';

it('blocks that an engine writes while somebody looks are behind the end', () => {
  const disk = newVault();
  putMeta(disk);
  const image = threeBlocks();
  const path = segmentPath(1);
  const sizeBytes = 2 * unitWindowSizeBytes;
  put(disk, path, padded(image.bytes(capacityBytes), sizeBytes));
  const grown = image.group(1).group(1).bytes(capacityBytes);
  const opened = disk.open(path, { mode: OpenMode.ReadWrite, direct: false });
  assert.ok(opened.fault === IoFault.None);
  const { file } = opened;
  let isGrown = false;
  // The scan has seen the blocks when it reads the rest of the file.
  const directory = growing(disk, (positionBytes) => {
    if (positionBytes !== unitWindowSizeBytes || isGrown) return;
    isGrown = true;
    assert.equal(file.write(grown, 0, grown.length, 0), IoFault.None);
  });
  const { origin } = recover(disk, { directory, readOnly: true });
  assert.ok(isGrown);
  assert.deepEqual([origin.lastBlockSeq, origin.entryEnd], [3, 3]);
  const later = recover(disk, { readOnly: true }).origin;
  assert.deepEqual([later.lastBlockSeq, later.entryEnd], [5, 5]);
});

function padded(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const longer = new Uint8Array(sizeBytes);
  longer.set(bytes);
  return longer;
}

/** Says where each read is, before it is done. */
function growing(disk: SimulatedDisk, reads: (positionBytes: number) => void): VaultDirectory {
  return {
    makeDirectory: (path) => disk.makeDirectory(path),
    rename: (from, to) => disk.rename(from, to),
    unlink: (path) => disk.unlink(path),
    fsyncDirectory: (path) => disk.fsyncDirectory(path),
    list: (path) => disk.list(path),
    visit: (path, visit) => disk.visit(path, visit),
    statfs: () => disk.statfs(),
    open(path, options) {
      const opened = disk.open(path, options);
      if (opened.fault !== IoFault.None) return opened;
      const { file } = opened;
      const watched: BlockFile = {
        read(bytes, offsetBytes, lengthBytes, positionBytes) {
          reads(positionBytes);
          return file.read(bytes, offsetBytes, lengthBytes, positionBytes);
        },
        write: (...place) => file.write(...place),
        fdatasync: () => file.fdatasync(),
        truncate: (sizeBytes) => file.truncate(sizeBytes),
        sizeBytes: () => file.sizeBytes(),
        close: () => file.close(),
      };
      return { fault: IoFault.None, file: watched };
    },
  };
}
