import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Injection } from '../../test/support/call-script.ts';
import { SimulatedDisk, type SimulatedDiskOptions } from '../../test/support/simulated-disk.ts';
import { firstFreeBytes, vaultArena } from '../../test/support/vault-arena.ts';
import { OpenMode } from './block-file.ts';
import {
  DirectReason,
  directNotWanted,
  directReasonText,
  directReasonWord,
  directTrialPath,
  tryDirectIo,
} from './direct-io-trial.ts';
import { IoFault } from './io-fault.ts';

const { bytes } = vaultArena(4 * 4096).area;

interface Case {
  readonly disk?: SimulatedDiskOptions;
  readonly isReadOnly?: boolean;
  /** Names of calls, to what happens at the first one of that name. */
  readonly inject?: Readonly<Record<string, Injection>>;
  readonly hasMeta?: boolean;
  readonly hasFolder?: boolean;
}

/** The verdict as text; nothing may be left behind. */
function check(given: Case, expected: string): void {
  const disk = new SimulatedDisk(given.disk);
  if (given.hasFolder ?? true) disk.makeDirectory('seg');
  if (given.hasMeta ?? false) {
    const opened = disk.open('META', { mode: OpenMode.Create, direct: false });
    assert.equal(opened.fault, IoFault.None);
    assert.equal(opened.file.write(bytes, firstFreeBytes, 4096, 0), IoFault.None);
    opened.file.close();
  }
  disk.isReadOnly = given.isReadOnly ?? false;
  // unlink, open, write, read: the numbers of the calls of a test that goes well.
  const order = ['unlink', 'open', 'write', 'read', 'fineWrite', 'fineRead'];
  for (const [name, injection] of Object.entries(given.inject ?? {})) {
    disk.script.inject(disk.script.calls.length + 1 + order.indexOf(name), injection);
  }
  const verdict = tryDirectIo(disk, bytes, firstFreeBytes);
  const reason = directReasonText(directReasonWord(verdict));
  assert.equal(verdict.direct, reason === '');
  assert.equal(verdict.direct ? `direct ${verdict.alignmentBytes}` : reason, expected);
  assert.equal(given.hasFolder === false ? false : disk.has(directTrialPath), false);
}

const fault = (one: Exclude<IoFault, typeof IoFault.None>): Injection => ({
  kind: 'fault',
  fault: one,
});

test('tryDirectIo() says yes, and how fine', () => {
  check({}, 'direct 4096');
  check({ disk: { alignmentBytes: 512 } }, 'direct 512');
});

test('tryDirectIo() says which call did not take it', () => {
  check({ disk: { takesDirect: false } }, 'open: Invalid');
  check({ inject: { open: fault(IoFault.NoDescriptor) } }, 'open: NoDescriptor');
  check({ inject: { write: fault(IoFault.Invalid) } }, 'write: Invalid');
  check({ inject: { write: fault(IoFault.Medium) } }, 'write: Medium');
  check({ inject: { read: fault(IoFault.Medium) } }, 'readback: Medium');
});

test('tryDirectIo() believes only what it reads back', () => {
  check({ inject: { write: { kind: 'lost' } } }, 'readback');
});

test('tryDirectIo() does not mind that finer alignment fails', () => {
  const disk = { alignmentBytes: 512 };
  check({ disk, inject: { fineWrite: fault(IoFault.Invalid) } }, 'direct 4096');
  check({ disk, inject: { fineWrite: { kind: 'lost' } } }, 'direct 4096');
  check({ disk, inject: { fineRead: fault(IoFault.Medium) } }, 'direct 4096');
});

test('tryDirectIo() asks by reading where nothing can be written just now', () => {
  const noSpace = fault(IoFault.NoSpace);
  check({ hasMeta: true, inject: { write: noSpace } }, 'direct 0');
  check({ hasMeta: true, inject: { open: noSpace } }, 'direct 0');
  check({ hasMeta: true, isReadOnly: true }, 'direct 0');
  check({ hasMeta: true, isReadOnly: true, hasFolder: false }, 'direct 0');
  check({ inject: { write: fault(IoFault.Quota) } }, 'direct 0');
  check({ inject: { open: noSpace } }, 'open: NotFound');
  const ramfs = { takesDirect: false };
  check({ disk: ramfs, hasMeta: true, isReadOnly: true }, 'open: Invalid');
  check({ disk: { alignmentBytes: 8192 }, hasMeta: true, isReadOnly: true }, 'readback: Invalid');
});

test('tryDirectIo() takes over what a start left behind that was killed', () => {
  const disk = new SimulatedDisk();
  disk.makeDirectory('seg');
  const left = disk.open(directTrialPath, { mode: OpenMode.Create, direct: true });
  assert.equal(left.fault, IoFault.None);
  assert.equal(tryDirectIo(disk, bytes, firstFreeBytes).direct, true);
});

test('directReasonText() has a name for each reason', () => {
  assert.deepEqual(Object.values(DirectReason).map(directReasonText), [
    ...['', 'open', 'write', 'readback', 'platform', 'config'],
  ]);
  assert.equal(directReasonText(directReasonWord(directNotWanted)), 'config');
});
