// How a call to the disk can fail, as far as the vault acts on it. The disk's faults are answers,
// not exceptions; an errno becomes one of these in direct-file.ts and nowhere else.

export const IoFault = {
  None: 0,
  /** EIO: the medium failed; what the file holds is unknown. */
  Medium: 1,
  /** ENOSPC. */
  NoSpace: 2,
  /** EDQUOT. */
  Quota: 3,
  /** EROFS. */
  ReadOnly: 4,
  /** Fewer bytes were written than given, and nobody said why. A failure of the file. */
  Short: 5,
  /** EINVAL: mostly an address, length or offset that direct I/O does not take. */
  Invalid: 6,
  /** ENOENT. */
  NotFound: 7,
  /** EEXIST, also ENOTEMPTY. */
  Exists: 8,
  /** EMFILE, ENFILE: no descriptor left. */
  NoDescriptor: 9,
  /** ENOMEM. */
  NoMemory: 10,
  /** EACCES, EPERM. */
  Denied: 11,
  /** ELOOP, ENOTDIR, EISDIR: the name leads to something that is not ours. */
  NotAFile: 12,
  /** EFBIG: above the limit of the process or file system. */
  TooLarge: 13,
  /** EINTR, again and again. */
  Interrupted: 14,
  Other: 15,
} as const;
export type IoFault = (typeof IoFault)[keyof typeof IoFault];

/** For messages: `NoSpace`. */
export function ioFaultName(fault: IoFault): string {
  return Object.entries(IoFault).find(([, value]) => value === fault)?.[0] ?? 'Other';
}
