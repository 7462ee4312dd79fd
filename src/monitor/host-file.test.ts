import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type HostTree, withHostTree } from '../../test/support/host-tree.ts';
import { cgroupMounts } from './cgroup-mounts.ts';
import { HostFile } from './host-file.ts';
import { HostText } from './host-text.ts';

const text = new HostText();

function check(file: HostFile, nowMs: number, expected: number | string): void {
  const isRead = file.read(nowMs, text);
  assert.deepEqual(isRead ? text.numberAt(0) : file.whyNot, expected);
}

function withFile(content: string, look: (file: HostFile, tree: HostTree) => void): void {
  withHostTree({ 'sys/a': content }, (tree) => {
    const file = new HostFile(tree.rootDirectory, '/sys/a');
    look(file, tree);
    file.close();
  });
}

test('read() reads what is there now', () => {
  withFile('1234', (file, tree) => {
    check(file, 0, 1234);
    tree.write({ 'sys/a': '56' });
    check(file, 0, 56);
    assert.equal(file.path, '/sys/a');
    assert.equal(file.whyNot, undefined);
  });
});

test('read() looks for a missing file at a slow pace, also when the clock goes back', () => {
  withFile('7', (file, tree) => {
    tree.remove('sys/a');
    check(file, 100_000, 'no such file');
    tree.write({ 'sys/a': '8' });
    check(file, 104_999, 'no such file');
    check(file, 105_000, 8);
    tree.empty('sys/a');
    check(file, 106_000, 'is empty');
    tree.write({ 'sys/a': '9' });
    check(file, 5, 9);
  });
});

test('read() says that a directory is none, and does not leak descriptors', () => {
  withFile('7', (file, tree) => {
    const directory = new HostFile(tree.rootDirectory, '/sys');
    const descriptors = () => readdirSync('/proc/self/fd').length;
    check(file, 0, 7);
    const before = descriptors();
    for (let index = 0; index < 20; index += 1) check(directory, index * 10_000, 'EISDIR');
    for (let index = 0; index < 20; index += 1) check(file, index, 7);
    assert.equal(descriptors(), before);
    directory.close();
    file.close();
    assert.equal(descriptors(), before - 1);
    check(file, 1e9, 'not read yet');
  });
});

test('read() says that the cgroup of an open file is gone', (t: TestContext) => {
  const made = cgroupToMake();
  if (made === undefined) return t.skip('no cgroup can be made here');
  withHostTree({ 'sys/b': '' }, ({ rootDirectory }) => {
    symlinkSync(made.directory, join(rootDirectory, 'cgroup'));
    const file = new HostFile(rootDirectory, `/cgroup/${made.fileName}`);
    const wasRead = file.read(0, text);
    rmdirSync(made.directory);
    assert.ok(wasRead);
    check(file, 100, 'its cgroup is gone');
    check(file, 5_100, 'no such file');
  });
});

/** An empty cgroup beside our own, with a file of it; undefined where that is not allowed. */
function cgroupToMake(): { readonly directory: string; readonly fileName: string } | undefined {
  try {
    const [mount] = cgroupMounts(
      readFileSync('/proc/self/cgroup', 'utf8'),
      readFileSync('/proc/self/mountinfo', 'utf8'),
    );
    if (mount === undefined) return undefined;
    const directory = join(mount.mountPoint, `gophership-test-${process.pid}`);
    mkdirSync(directory);
    return { directory, fileName: mount.version === 2 ? 'cgroup.events' : 'memory.stat' };
  } catch {
    return undefined; // no cgroups, or not ours to make
  }
}
