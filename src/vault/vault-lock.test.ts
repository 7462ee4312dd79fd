import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startProcess } from '../../test/support/running-process.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { LockState, lockStateName, VaultLock } from './vault-lock.ts';

const temporary = temporaryDirectory('vault-lock');
after(() => temporary.remove());
const vaultDirectory = () => mkdtempSync(join(temporary.path, 'vault-'));
const holder = new URL('../../test/support/lock-holder.ts', import.meta.url).pathname;

function held(path: string): VaultLock {
  const result = VaultLock.acquire(path);
  assert.equal(result.state, 'held', JSON.stringify(result));
  return result.lock;
}

/** What another process gets, which then ends. */
function elsewhere(path: string): { state: string; processId?: number } {
  const run = spawnSync(process.execPath, [holder, path, 'try'], { encoding: 'utf8' });
  return JSON.parse(run.stdout);
}

test('acquire() makes an empty LOCK.db for us alone, and nothing beside it', () => {
  const path = vaultDirectory();
  const lock = held(path);
  assert.equal(lock.check(), true);
  assert.equal(lock.state, LockState.Held);
  assert.deepEqual(readdirSync(path), ['LOCK.db']);
  const { size, mode } = statSync(join(path, 'LOCK.db'));
  assert.deepEqual([size, mode & 0o777], [0, 0o600]);
  assert.equal(lock.check(), true, 'looking at the file is harmless');
  lock.release();
  assert.deepEqual(readdirSync(path), ['LOCK.db']);
});

test('acquire() tells another process who has it, and release() gives it to them', () => {
  const path = vaultDirectory();
  const lock = held(path);
  assert.deepEqual(elsewhere(path), { state: 'busy', processId: process.pid });
  assert.equal(lock.check(), true, 'the other one took nothing from us');
  lock.release();
  assert.equal(lock.state, LockState.None);
  assert.equal(elsewhere(path).state, 'held');
});

test('acquire() gets the lock of a process that was killed, at once', async () => {
  const path = vaultDirectory();
  const other = startProcess({
    ...{ name: 'lock holder', command: process.execPath, args: [holder, path] },
    directory: temporary.path,
  });
  const line = await other.waitForLine((text) => text.startsWith('{'), 'its result');
  assert.deepEqual(JSON.parse(line), { isHeld: true, state: 'held' });
  assert.deepEqual(VaultLock.acquire(path), { state: 'busy', processId: other.pid });
  await other.kill();
  held(path).release();
});

test('acquire() twice in one process says busy and loses nothing', () => {
  const path = vaultDirectory();
  const lock = held(path);
  assert.deepEqual(VaultLock.acquire(path), { state: 'busy', processId: process.pid });
  assert.equal(lock.check(), true);
  assert.equal(elsewhere(path).state, 'busy');
  lock.release();
});

test('check() sees that closing another descriptor gave the lock away, for good', () => {
  const path = vaultDirectory();
  const lock = held(path);
  readFileSync(join(path, 'LOCK.db'));
  assert.equal(elsewhere(path).state, 'held', 'so another one can have it');
  assert.equal(lock.check(), false);
  assert.equal(lock.state, LockState.Lost);
  lock.release();
  assert.equal(lock.state, LockState.None);
});

test('acquire() fails, and changes nothing, where LOCK.db is not ours', () => {
  const link = vaultDirectory();
  symlinkSync('/nowhere', join(link, 'LOCK.db'));
  const folder = vaultDirectory();
  mkdirSync(join(folder, 'LOCK.db'));
  const foreign = vaultDirectory();
  writeFileSync(join(foreign, 'LOCK.db'), 'a text of somebody '.repeat(300));
  const gone = join(vaultDirectory(), 'gone');
  const rows = [
    [link, 'LOCK.db: NotAFile'],
    [folder, 'LOCK.db: NotAFile'],
    [foreign, 'file is not a database'],
    [gone, 'LOCK.db: NotFound'],
  ] as const;
  for (const [path, reason] of rows) {
    assert.deepEqual(VaultLock.acquire(path), { state: 'failed', reason });
  }
  assert.equal(readFileSync(join(foreign, 'LOCK.db'), 'utf8'), 'a text of somebody '.repeat(300));
});

test('acquire() takes a LOCK.db that was there, whoever may write it', () => {
  const path = vaultDirectory();
  writeFileSync(join(path, 'LOCK.db'), '');
  chmodSync(join(path, 'LOCK.db'), 0o644);
  held(path).release();
});

test('lockStateName() has a name for each state', () => {
  const names = Object.values(LockState).map(lockStateName);
  assert.deepEqual(names, ['none', 'held', 'lost', 'read_only']);
});
