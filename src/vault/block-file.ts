// The one seam for access to the disk: everything that the vault does to files goes through these
// two interfaces. direct-file.ts is the real one; test/support/simulated-disk.ts is its twin, which
// fails, tears and crashes as it is told. All calls are synchronous: they run on threads of their
// own, and a process-wide thread pool must not be able to delay an acknowledgement.
//
// Paths are relative to the vault directory, with '/' between names; '' is the directory itself.

import type { IoFault } from './io-fault.ts';

export interface BlockFile {
  /**
   * Bytes read, fewer than asked for only at the end of the file, or a negated IoFault. With direct
   * I/O address, length and position are multiples of directAlignmentBytes.
   */
  read(bytes: Uint8Array, offsetBytes: number, lengthBytes: number, positionBytes: number): number;
  /**
   * None: all was written, and nothing is durable yet. Anything else: what the range holds is
   * unknown. A short write is a failure and is never continued.
   */
  write(
    bytes: Uint8Array,
    offsetBytes: number,
    lengthBytes: number,
    positionBytes: number,
  ): IoFault;
  /**
   * None: everything that write() and truncate() did to this file before is durable, though not its
   * name. After any fault the file is lost: a second call proves nothing.
   */
  fdatasync(): IoFault;
  truncate(sizeBytes: number): IoFault;
  /** Or a negated IoFault. */
  sizeBytes(): number;
  /** Gives the descriptor back. Says nothing about durability. */
  close(): void;
}

export const OpenMode = {
  Read: 0,
  ReadWrite: 1,
  /** Makes the file; Exists if anything has the name already, also a link that leads nowhere. */
  Create: 2,
} as const;
export type OpenMode = (typeof OpenMode)[keyof typeof OpenMode];

export interface OpenOptions {
  readonly mode: OpenMode;
  /** O_DIRECT. Never mix both kinds on one file. */
  readonly direct: boolean;
}

export type OpenResult =
  | { readonly fault: typeof IoFault.None; readonly file: BlockFile }
  | { readonly fault: Exclude<IoFault, typeof IoFault.None> };

export const FileType = { File: 0, Directory: 1, Other: 2 } as const;
export type FileType = (typeof FileType)[keyof typeof FileType];

export interface ListedName {
  readonly name: string;
  readonly type: FileType;
  readonly sizeBytes: number;
}

/** Sorted by name. */
export type ListResult =
  | { readonly fault: typeof IoFault.None; readonly names: readonly ListedName[] }
  | { readonly fault: Exclude<IoFault, typeof IoFault.None> };

export interface FileSystemStatus {
  /** statfs f_type: tells tmpfs and others apart. */
  readonly type: number;
  /** Free to us (f_bavail), not free in all. */
  readonly availableBytes: number;
  readonly sizeBytes: number;
}

export type StatfsResult =
  | { readonly fault: typeof IoFault.None; readonly status: FileSystemStatus }
  | { readonly fault: Exclude<IoFault, typeof IoFault.None> };

/** A name is durable only after fsyncDirectory() of the directory that it is in. */
export interface VaultDirectory {
  /** Never follows a symbolic link at the end of the path. */
  open(path: string, options: OpenOptions): OpenResult;
  /** Exists, if it does. */
  makeDirectory(path: string): IoFault;
  /** Within one directory; what had the new name is gone. */
  rename(fromPath: string, toPath: string): IoFault;
  unlink(path: string): IoFault;
  fsyncDirectory(path: string): IoFault;
  list(path: string): ListResult;
  /**
   * list() for folders of any size: nothing is kept. In no order, and `visit` may change nothing in
   * the folder.
   */
  visit(path: string, visit: (file: ListedName) => void): IoFault;
  statfs(): StatfsResult;
}

/** What every known medium takes; 512 works on some. */
export const directAlignmentBytes = 4_096;

/** One call writes no more: 2 GiB less a unit, where the kernel cuts a write. */
export const writeSizeBytesMax = 2 ** 31 - 4_096;
