// An open file of the simulated disk.

import assert from 'node:assert/strict';
import { type BlockFile, OpenMode } from '../../src/vault/block-file.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import type { CallName, Injection } from './call-script.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import type { SimulatedInode } from './simulated-inode.ts';

interface Opened {
  readonly disk: SimulatedDisk;
  readonly inode: SimulatedInode;
  readonly path: string;
  readonly mode: OpenMode;
  readonly direct: boolean;
}

export class SimulatedFile implements BlockFile {
  readonly #opened: Opened;
  #isClosed = false;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  read(bytes: Uint8Array, offsetBytes: number, lengthBytes: number, positionBytes: number): number {
    const { inode } = this.#opened;
    let count = 0;
    const fault = this.#call('read', positionBytes, lengthBytes, () => {
      if (!this.#isAligned(bytes, offsetBytes, lengthBytes, positionBytes)) return IoFault.Invalid;
      if (inode.isBroken(positionBytes, lengthBytes)) return IoFault.Medium;
      const found = inode.read(positionBytes, lengthBytes);
      bytes.set(found, offsetBytes);
      count = found.length;
      return IoFault.None;
    });
    return fault === IoFault.None ? count : -fault;
  }

  write(
    bytes: Uint8Array,
    offsetBytes: number,
    lengthBytes: number,
    positionBytes: number,
  ): IoFault {
    const { disk, inode, mode } = this.#opened;
    assert.notEqual(mode, OpenMode.Read, 'write to a file that was opened for reading');
    const part = bytes.slice(offsetBytes, offsetBytes + lengthBytes);
    assert.equal(part.length, lengthBytes, 'range ends behind the bytes');
    const work = () => {
      if (!this.#isAligned(bytes, offsetBytes, lengthBytes, positionBytes)) return IoFault.Invalid;
      if (disk.isReadOnly) return IoFault.ReadOnly;
      const newBytes = inode.unallocatedBytes(positionBytes, lengthBytes);
      if (newBytes > disk.options.capacityBytes - disk.usedBytes) return IoFault.NoSpace;
      inode.write(part, positionBytes);
      return IoFault.None;
    };
    return this.#call('write', positionBytes, lengthBytes, work, (injection) => {
      if (injection.kind === 'misdirected') {
        disk.misdirect(injection.path, part, injection.positionBytes);
      } else if (injection.kind === 'fault') {
        inode.writeInVain(part, positionBytes);
        const written = part.subarray(0, injection.writtenBytes ?? 0);
        if (written.length > 0) inode.write(written, positionBytes);
      }
    });
  }

  fdatasync(): IoFault {
    const { disk, inode } = this.#opened;
    const work = () => {
      if (disk.isReadOnly && !inode.isSettled) return IoFault.ReadOnly;
      inode.flush();
      return IoFault.None;
    };
    return this.#call('fdatasync', 0, 0, work, (injection) => {
      if (injection.kind === 'fault') inode.failFlush();
    });
  }

  truncate(sizeBytes: number): IoFault {
    const { disk, inode } = this.#opened;
    return this.#call('truncate', sizeBytes, 0, () => {
      if (disk.isReadOnly) return IoFault.ReadOnly;
      inode.truncate(sizeBytes);
      return IoFault.None;
    });
  }

  sizeBytes(): number {
    const fault = this.#call('size', 0, 0, () => IoFault.None);
    return fault === IoFault.None ? this.#opened.inode.sizeBytes : -fault;
  }

  close(): void {
    assert.ok(!this.#isClosed, 'file is closed');
    this.#isClosed = true;
    this.#opened.disk.released(this.#opened.inode);
  }

  #call(
    name: CallName,
    positionBytes: number,
    lengthBytes: number,
    work: () => IoFault,
    inject: (injection: Injection) => void = () => {},
  ): IoFault {
    assert.ok(!this.#isClosed, 'file is closed');
    const { disk, path } = this.#opened;
    const { call, injection } = disk.script.begin({ name, path, positionBytes, lengthBytes });
    if (injection === undefined) call.result = work();
    else {
      inject(injection);
      if (injection.kind === 'fault') call.result = injection.fault;
    }
    return call.result;
  }

  #isAligned(
    bytes: Uint8Array,
    offsetBytes: number,
    lengthBytes: number,
    positionBytes: number,
  ): boolean {
    if (!this.#opened.direct) return true;
    const { alignmentBytes } = this.#opened.disk.options;
    const places = [bytes.byteOffset + offsetBytes, lengthBytes, positionBytes];
    return places.every((place) => place % alignmentBytes === 0);
  }
}
