import assert from 'node:assert/strict';
import { openSync, readSync } from 'node:fs';
import { test } from 'node:test';
import { AssertionFailed } from '../assert.ts';
import { attempt, faultOf } from './errno.ts';
import { IoFault, ioFaultName } from './io-fault.ts';

function check(code: string, fault: IoFault) {
  assert.equal(faultOf(Object.assign(new Error(code), { code, errno: -1 })), fault, code);
}

test('faultOf() tells apart what the vault acts on differently', () => {
  check('EIO', IoFault.Medium);
  check('ENOSPC', IoFault.NoSpace);
  check('EDQUOT', IoFault.Quota);
  check('EROFS', IoFault.ReadOnly);
  check('EMFILE', IoFault.NoDescriptor);
  check('EINTR', IoFault.Interrupted);
  check('ESTALE', IoFault.Other);
});

test('attempt() answers for the disk and throws what is a bug of ours', () => {
  assert.equal(
    attempt(() => openSync('/nowhere/at/all', 'r')),
    IoFault.NotFound,
  );
  const bug = new TypeError('not of the disk');
  assert.throws(
    () =>
      attempt(() => {
        throw bug;
      }),
    bug,
  );
  assert.throws(() => attempt(() => readSync(2 ** 20, Buffer.alloc(1))), AssertionFailed);
});

test('ioFaultName() names every fault', () => {
  for (const [name, fault] of Object.entries(IoFault)) assert.equal(ioFaultName(fault), name);
});
