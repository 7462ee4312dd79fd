// Files by synchronous calls of node:fs, with O_DIRECT from the shared arena, whose memory is
// aligned as the kernel asks (ordinary Buffers get EINVAL). Raw descriptors only: a FileHandle left
// to the collector throws where nobody can catch it.

import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { assert } from '../assert.ts';
import {
  type BlockFile,
  FileType,
  type ListedName,
  type ListResult,
  OpenMode,
  type OpenOptions,
  type OpenResult,
  type StatfsResult,
  type VaultDirectory,
  writeSizeBytesMax,
} from './block-file.ts';
import { attempt, faultOf } from './errno.ts';
import { IoFault } from './io-fault.ts';
import { assertVaultPath, parentPath } from './vault-path.ts';

export class DirectDirectory implements VaultDirectory {
  readonly #rootPath: string;

  /** The directory must exist already; main makes it. */
  constructor(rootPath: string) {
    assert(rootPath.startsWith('/'), 'vault directory is not an absolute path');
    this.#rootPath = rootPath;
  }

  open(path: string, options: OpenOptions): OpenResult {
    const flags = openFlags[options.mode] | (options.direct ? constants.O_DIRECT : 0);
    try {
      return {
        fault: IoFault.None,
        file: new DirectFile(openSync(this.#path(path), flags, 0o600)),
      };
    } catch (error) {
      return { fault: faultOf(error) };
    }
  }

  makeDirectory(path: string): IoFault {
    return attempt(() => mkdirSync(this.#path(path), 0o700));
  }

  rename(fromPath: string, toPath: string): IoFault {
    assert(parentPath(fromPath) === parentPath(toPath), 'rename into another directory');
    return attempt(() => renameSync(this.#path(fromPath), this.#path(toPath)));
  }

  unlink(path: string): IoFault {
    return attempt(() => unlinkSync(this.#path(path)));
  }

  fsyncDirectory(path: string): IoFault {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    return attempt(() => {
      const descriptor = openSync(this.#path(path), flags);
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  list(path: string): ListResult {
    const folder = this.#path(path);
    try {
      const names = readdirSync(folder).sort();
      return { fault: IoFault.None, names: names.flatMap((name) => listedName(folder, name)) };
    } catch (error) {
      return { fault: faultOf(error) };
    }
  }

  visit(path: string, visit: (file: ListedName) => void): IoFault {
    const folder = this.#path(path);
    return attempt(() => {
      const names = opendirSync(folder, { bufferSize: namesPerCall });
      try {
        for (let entry = names.readSync(); entry !== null; entry = names.readSync()) {
          for (const file of listedName(folder, entry.name)) visit(file);
        }
      } finally {
        names.closeSync();
      }
    });
  }

  statfs(): StatfsResult {
    try {
      const { type, bsize, bavail, blocks } = statfsSync(this.#rootPath);
      const status = { type, availableBytes: bavail * bsize, sizeBytes: blocks * bsize };
      return { fault: IoFault.None, status };
    } catch (error) {
      return { fault: faultOf(error) };
    }
  }

  #path(path: string): string {
    assertVaultPath(path);
    return join(this.#rootPath, path);
  }
}

/** Of a folder that is read in pieces. */
const namesPerCall = 256;

const openFlags = {
  [OpenMode.Read]: constants.O_RDONLY | constants.O_NOFOLLOW,
  [OpenMode.ReadWrite]: constants.O_RDWR | constants.O_NOFOLLOW,
  [OpenMode.Create]: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
} as const;

// A file that goes away between the two calls is not there.
function listedName(folder: string, name: string): ListedName[] {
  const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const other = stat.isDirectory() ? FileType.Directory : FileType.Other;
  return [{ name, type: stat.isFile() ? FileType.File : other, sizeBytes: stat.size }];
}

const closed = -1;

/** Signals arrive at any thread; this many in one call are not signals any more. */
const interruptionsMax = 64;

class DirectFile implements BlockFile {
  #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  read(bytes: Uint8Array, offsetBytes: number, lengthBytes: number, positionBytes: number): number {
    assertRange(bytes, offsetBytes, lengthBytes, positionBytes);
    assert(this.#descriptor !== closed, 'file is closed');
    let readBytes = 0;
    let interruptions = 0;
    while (readBytes < lengthBytes) {
      try {
        const at = positionBytes + readBytes;
        const rest = lengthBytes - readBytes;
        const count = readSync(this.#descriptor, bytes, offsetBytes + readBytes, rest, at);
        if (count === 0) break;
        readBytes += count;
        // Off the alignment is the end of the file; a direct read cannot go on from there.
        if (readBytes % 512 !== 0) break;
      } catch (error) {
        const fault = faultOf(error);
        interruptions += 1;
        // libuv begins a write again after a signal, but not a read.
        if (fault !== IoFault.Interrupted || interruptions > interruptionsMax) return -fault;
      }
    }
    return readBytes;
  }

  write(
    bytes: Uint8Array,
    offsetBytes: number,
    lengthBytes: number,
    positionBytes: number,
  ): IoFault {
    assertRange(bytes, offsetBytes, lengthBytes, positionBytes);
    assert(lengthBytes <= writeSizeBytesMax, 'write larger than a call can be');
    assert(this.#descriptor !== closed, 'file is closed');
    try {
      const count = writeSync(this.#descriptor, bytes, offsetBytes, lengthBytes, positionBytes);
      // libuv swallows the errno that follows a partial write, so this call cannot tell it.
      return count === lengthBytes ? IoFault.None : IoFault.Short;
    } catch (error) {
      return faultOf(error);
    }
  }

  fdatasync(): IoFault {
    assert(this.#descriptor !== closed, 'file is closed');
    try {
      fdatasyncSync(this.#descriptor); // not through attempt(): one for each commit, no closure
      return IoFault.None;
    } catch (error) {
      return faultOf(error);
    }
  }

  truncate(sizeBytes: number): IoFault {
    assert(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'size is not a size');
    assert(this.#descriptor !== closed, 'file is closed');
    return attempt(() => ftruncateSync(this.#descriptor, sizeBytes));
  }

  sizeBytes(): number {
    assert(this.#descriptor !== closed, 'file is closed');
    try {
      return fstatSync(this.#descriptor).size;
    } catch (error) {
      return -faultOf(error);
    }
  }

  close(): void {
    assert(this.#descriptor !== closed, 'file is closed');
    const descriptor = this.#descriptor;
    this.#descriptor = closed;
    // Linux gives the descriptor back whatever it answers, and what it answers is of no use: what
    // had to be durable was synced before.
    attempt(() => closeSync(descriptor));
  }
}

function assertRange(
  bytes: Uint8Array,
  offsetBytes: number,
  lengthBytes: number,
  positionBytes: number,
): void {
  assert(lengthBytes > 0 && offsetBytes >= 0, 'range is no range');
  assert(offsetBytes + lengthBytes <= bytes.length, 'range ends behind the bytes');
  assert(Number.isSafeInteger(positionBytes) && positionBytes >= 0, 'position is not a place');
}
