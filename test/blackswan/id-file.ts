// Numbers of batches in a file of one producer: as acknowledged, or as arrived. Written in groups,
// four bytes each, read by whoever judges.

import { openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const idSizeBytes = 4;
const groupCount = 4_096;

export class IdFile {
  /** Numbers written so far, or about to be. */
  count = 0;
  readonly #descriptor: number;
  readonly #group = Buffer.alloc(groupCount * idSizeBytes);
  #waiting = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'a', 0o600);
  }

  add(id: number): void {
    this.#group.writeUInt32LE(id, this.#waiting * idSizeBytes);
    this.#waiting += 1;
    this.count += 1;
    if (this.#waiting === groupCount) this.flush();
  }

  flush(): void {
    writeSync(this.#descriptor, this.#group, 0, this.#waiting * idSizeBytes);
    this.#waiting = 0;
  }
}

export function ackedPath(directory: string, producer: number): string {
  return join(directory, `acked-${producer}`);
}

export function arrivedPath(directory: string, producer: number): string {
  return join(directory, `arrived-${producer}`);
}

export function readIds(path: string): Uint32Array {
  const bytes = readFileSync(path);
  const count = Math.floor(bytes.length / idSizeBytes);
  return Uint32Array.from({ length: count }, (_, index) => bytes.readUInt32LE(index * idSizeBytes));
}
