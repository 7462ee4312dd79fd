import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseLocks, ownProcessId } from './process-locks.ts';

const all = '1073741824 1073742335';

test('databaseLocks() finds who has all bytes that SQLite shares, for writing', () => {
  const own = { processId: 42, device: 'fe:00', inode: '77' };
  const rows: readonly (readonly [string, readonly object[]])[] = [
    [`1: POSIX  ADVISORY  WRITE 42 fe:00:77 ${all}`, [own]],
    [`12: POSIX  MANDATORY WRITE 42 fe:00:77 ${all}`, [own]],
    ['1: POSIX  ADVISORY  WRITE 42 fe:00:77 0 EOF', [own]],
    ['1: POSIX  ADVISORY  WRITE 42 fe:00:77 1073741826 1073742335', [own]],
    [
      '1: POSIX  ADVISORY  WRITE 42 103:1f:18446744073709551615 0 EOF',
      [{ processId: 42, device: '103:1f', inode: '18446744073709551615' }],
    ],
    [`1: POSIX  ADVISORY  READ 42 fe:00:77 ${all}`, []],
    [`1: FLOCK  ADVISORY  WRITE 42 fe:00:77 0 EOF`, []],
    [`1: OFDLCK ADVISORY  WRITE -1 fe:00:77 ${all}`, []],
    [`1: -> POSIX  ADVISORY  WRITE 42 fe:00:77 ${all}`, []],
    ['1: POSIX  ADVISORY  WRITE 42 fe:00:77 1073741825 1073741825', []],
    ['1: POSIX  ADVISORY  WRITE 42 fe:00:77 1073741827 1073742335', []],
    ['1: POSIX  ADVISORY  WRITE 42 fe:00:77 1073741826 1073742334', []],
    ['', []],
    ['nonsense', []],
  ];
  for (const [line, locks] of rows) assert.deepEqual(databaseLocks(line), locks, line);
  const text = `${rows.map(([line]) => line).join('\n')}\n`;
  assert.equal(databaseLocks(text).length, rows.flatMap(([, locks]) => locks).length);
});

test('ownProcessId() is the one that /proc counts', () => {
  assert.equal(ownProcessId(), process.pid);
});
