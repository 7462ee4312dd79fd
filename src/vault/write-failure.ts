// What a fault of the disk means for the group that met it.

import { IoFault } from './io-fault.ts';

export const WriteFailure = {
  /** The file is lost; the group is written again into another one, once. */
  Rewrite: 0,
  /** No room: not damage. */
  Full: 1,
  /** The file system takes no writes at all. */
  ReadOnly: 2,
} as const;
export type WriteFailure = (typeof WriteFailure)[keyof typeof WriteFailure];

export function writeFailureOf(fault: IoFault): WriteFailure {
  if (isNoRoom(fault)) return WriteFailure.Full;
  return fault === IoFault.ReadOnly ? WriteFailure.ReadOnly : WriteFailure.Rewrite;
}

export function isNoRoom(fault: IoFault): boolean {
  return fault === IoFault.NoSpace || fault === IoFault.Quota;
}
