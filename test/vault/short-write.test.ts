// Scenario: a process may not write files above a few KiB (ulimit -f) and writes 64 KiB at once.
// Guarantees: the short write is a failure that is not continued, although libuv swallows its
// errno; a write to another file tells that the disk itself takes writes; the errno of the next
// call is known for what it is.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, it } from 'node:test';
import { OpenMode } from '../../src/vault/block-file.ts';
import { DirectDirectory } from '../../src/vault/direct-file.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const temporary = temporaryDirectory('short-write');
after(() => temporary.remove());

const probe = new DirectDirectory(temporary.path);
const opened = probe.open('probe', { mode: OpenMode.Create, direct: true });
if (opened.fault === IoFault.None) opened.file.close();
probe.unlink('probe');
const takesDirect = opened.fault === IoFault.None;

for (const kind of ['buffered', 'direct']) {
  const skip = kind === 'direct' && !takesDirect ? 'SKIPPED: no O_DIRECT here' : false;
  it(`write(), ${kind}, says Short and leaves it at that`, { skip }, () => {
    const writer = new URL('../support/short-writer.ts', import.meta.url).pathname;
    const command = 'ulimit -f 32; exec "$@"';
    const args = ['-c', command, 'sh', process.execPath, writer, temporary.path, kind];
    const { stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' });
    assert.equal(stderr, '');
    const { faults, sizeBytes } = JSON.parse(stdout);
    assert.deepEqual(faults, ['Short', 'Short', 'TooLarge']);
    assert.ok(sizeBytes > 0 && sizeBytes < 65_536, `${sizeBytes}`);
  });
}
