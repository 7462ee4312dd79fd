// Node's errors of file calls as IoFault. What has no errno is not the disk's fault but ours, and
// is thrown on.

import { assert } from '../assert.ts';
import { IoFault } from './io-fault.ts';

type Failure = Exclude<IoFault, typeof IoFault.None>;

/** Runs one file call. */
export function attempt(call: () => void): IoFault {
  try {
    call();
    return IoFault.None;
  } catch (error) {
    return faultOf(error);
  }
}

export function faultOf(error: unknown): Failure {
  if (!(error instanceof Error) || !('errno' in error) || !('code' in error)) throw error;
  // A descriptor that is not open was given back twice, and may be somebody else's by now.
  assert(error.code !== 'EBADF', 'file call on a descriptor that is not open');
  return faults.get(String(error.code)) ?? IoFault.Other;
}

const faults: ReadonlyMap<string, Failure> = new Map<string, Failure>([
  ['EIO', IoFault.Medium],
  ['ENOSPC', IoFault.NoSpace],
  ['EDQUOT', IoFault.Quota],
  ['EROFS', IoFault.ReadOnly],
  ['EINVAL', IoFault.Invalid],
  ['ENOENT', IoFault.NotFound],
  ['EEXIST', IoFault.Exists],
  ['ENOTEMPTY', IoFault.Exists],
  ['EMFILE', IoFault.NoDescriptor],
  ['ENFILE', IoFault.NoDescriptor],
  ['ENOMEM', IoFault.NoMemory],
  ['EACCES', IoFault.Denied],
  ['EPERM', IoFault.Denied],
  ['ELOOP', IoFault.NotAFile],
  ['ENOTDIR', IoFault.NotAFile],
  ['EISDIR', IoFault.NotAFile],
  ['EFBIG', IoFault.TooLarge],
  ['EINTR', IoFault.Interrupted],
]);
