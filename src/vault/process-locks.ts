// The POSIX locks that the kernel knows, from /proc/locks: who has the lock file of a vault, and
// whether we still have it. Looking opens no file of the vault, which would give the lock away.
//
//   1: POSIX  ADVISORY  WRITE 12899 fe:00:10422292 1073741824 1073742335
//      type             kind  pid   device:inode   first byte last byte

import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessLock {
  /** As /proc counts, which may be another count than process.pid in a container. */
  readonly processId: number;
  /** `fe:00`. Not always what stat() says: btrfs and overlays number their files' devices anew. */
  readonly device: string;
  readonly inode: string;
}

/** Exclusive locks on the bytes that SQLite takes. Throws what reading /proc throws. */
export function exclusiveDatabaseLocks(): ProcessLock[] {
  return databaseLocks(readFileSync('/proc/locks', 'utf8'));
}

/** Of this process, in the count of /proc/locks. */
export function ownProcessId(): number {
  return Number(readlinkSync('/proc/self'));
}

export function databaseLocks(text: string): ProcessLock[] {
  return text.split('\n').flatMap((line) => {
    const fields = lockLine.exec(line)?.groups;
    if (fields === undefined) return []; // waiting ones, other kinds of locks
    const { processId, device = '', inode = '', first, last } = fields;
    const endByte = last === 'EOF' ? Number.POSITIVE_INFINITY : Number(last);
    if (Number(first) > sharedFirstByte || endByte < sharedLastByte) return [];
    return [{ processId: Number(processId), device, inode }];
  });
}

const lockLine = new RegExp(
  '^\\d+: POSIX +\\w+ +WRITE (?<processId>\\d+) (?<device>[0-9a-f]+:[0-9a-f]+):(?<inode>\\d+) ' +
    '(?<first>\\d+) (?<last>\\d+|EOF)$',
);

/** SQLite's file format: who has all of these bytes for writing has the database for itself. */
const sharedFirstByte = 0x4000_0002;
const sharedLastByte = sharedFirstByte + 509;
