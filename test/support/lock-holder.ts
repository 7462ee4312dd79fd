// A process that wants the lock of a vault: prints what it got, as one line of JSON, and keeps it
// until it is killed; goes at once if it did not get it, or was only to try.

import { VaultLock } from '../../src/vault/vault-lock.ts';

const [, , path = '', what = 'keep'] = process.argv;
const result = VaultLock.acquire(path);
const { state } = result;
const more = result.state === 'held' ? { isHeld: result.lock.check() } : result;
process.stdout.write(`${JSON.stringify({ ...more, state, lock: undefined })}\n`);
// A timer that is far away keeps the process; the closure keeps the lock.
if (state === 'held' && what === 'keep') setInterval(() => result.lock.check(), 60_000);
