// Scenario: the calls of the disk seam's contract are made to a folder of a simulated disk that is
// seen as a directory of its own, and to one inside of that.
// Guarantees: it answers as a directory does; no path leads out of it; what it does is found in the
// folder below the parent and nowhere else.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OpenMode } from '../../src/vault/block-file.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { SubDirectory } from '../../src/vault/sub-directory.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { firstFreeBytes, vaultArena } from '../support/vault-arena.ts';
import { scenarios } from './block-file-contract.ts';

const arena = vaultArena(64 * 4096);
const bytes = arena.area.bytes.subarray(firstFreeBytes, firstFreeBytes + 32 * 4096);

function folderOf(disk: SimulatedDisk, folder: string): SubDirectory {
  assert.equal(disk.makeDirectory(folder), IoFault.None);
  return new SubDirectory(disk, folder);
}

describe('SubDirectory', () => {
  for (const { title, run } of scenarios) {
    it(title, () => {
      run({ directory: folderOf(new SimulatedDisk(), 'dead'), bytes, direct: true });
    });
  }

  it('keeps to its folder', () => {
    const disk = new SimulatedDisk();
    const dead = folderOf(disk, 'dead');
    assert.equal(dead.makeDirectory('seg'), IoFault.None);
    const inner = new SubDirectory(dead, 'seg');
    const opened = inner.open('a', { mode: OpenMode.Create, direct: false });
    assert.equal(opened.fault, IoFault.None);
    assert.equal(disk.has('dead/seg/a'), true);
    assert.equal(inner.rename('a', 'b'), IoFault.None);
    assert.equal(disk.has('dead/seg/b'), true);
    assert.equal(inner.fsyncDirectory(''), IoFault.None);
    assert.deepEqual(disk.script.calls.at(-1)?.path, 'dead/seg');
    assert.deepEqual(inner.list(''), disk.list('dead/seg'));
    const visited: string[] = [];
    assert.equal(
      inner.visit('', ({ name }) => visited.push(name)),
      IoFault.None,
    );
    assert.deepEqual(visited, ['b']);
    assert.deepEqual(inner.statfs(), disk.statfs());
    assert.equal(dead.unlink('seg/b'), IoFault.None);
    assert.equal(disk.has('dead/seg/b'), false);
  });

  it('asserts that no path leads out of it', () => {
    const disk = new SimulatedDisk();
    const dead = folderOf(disk, 'dead');
    const callCount = disk.script.calls.length;
    for (const path of ['..', '../META', 'a/../../META', '/META', 'a//b', '.', 'a\0']) {
      assert.throws(() => dead.unlink(path), { name: 'AssertionFailed' }, path);
      assert.throws(() => dead.list(path), { name: 'AssertionFailed' }, path);
      assert.throws(() => dead.visit(path, () => {}), { name: 'AssertionFailed' }, path);
    }
    assert.throws(() => dead.rename('a', 'seg/a'), { name: 'AssertionFailed' });
    assert.throws(() => dead.unlink(''), { name: 'AssertionFailed' });
    for (const folder of ['', '..', 'a/../b']) {
      assert.throws(() => new SubDirectory(disk, folder), { name: 'AssertionFailed' }, folder);
    }
    assert.equal(disk.script.calls.length, callCount, 'nothing reached the disk');
  });
});
