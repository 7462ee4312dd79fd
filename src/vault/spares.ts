// The files that become the next segments: `reserve.spare`, which only what must be written in a
// full vault may take, and `next.spare`. Zeros are written ahead of need, in slices, in this order.
// A spare that fails harms only itself.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { type BlockFile, type ListedName, OpenMode, type OpenResult } from './block-file.ts';
import { type DiskProbe, probePath } from './disk-probe.ts';
import {
  nextSparePath,
  reserveSparePath,
  segmentFolder,
  segmentPath,
  unfinishedSuffix,
} from './file-names.ts';
import { IoFault } from './io-fault.ts';
import { SpareFile, type SpareFileParts, type SparePath } from './spare-file.ts';
import { nameOf } from './vault-path.ts';
import { isNoRoom } from './write-failure.ts';

export const SpareState = {
  /** Nobody has asked for one yet. */
  None: 0,
  Filling: 1,
  /** next.spare is ready. */
  Ready: 2,
  /** The limit, the file system or what it leaves to others has no room for one. */
  Refused: 3,
  /** Three failures in a row. */
  Failing: 4,
} as const;
export type SpareState = (typeof SpareState)[keyof typeof SpareState];

/** Failures in a row from which on status calls spares failing. */
const failuresMax = 3;

/** After a failure or a refusal, before the disk is asked again. */
export const spareRetryDelayMs = 1_000;

export interface SparesParts extends SpareFileParts {
  readonly clock: Clock;
  readonly probe: DiskProbe;
}

export class Spares {
  /** Of the last failure, or NoSpace for a refusal; None if there was none since. */
  fault: IoFault = IoFault.None;
  readonly #parts: SparesParts;
  readonly #ready = new Set<SparePath>();
  #filling: SpareFile | undefined;
  /** What could not be unlinked after a failure; counted until it can be. */
  readonly #leftovers = new Set<SparePath>();
  #failuresInARow = 0;
  #isRefused = false;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #usedBytesThen = 0;

  constructor(parts: SparesParts) {
    this.#parts = parts;
  }

  /**
   * Takes what an earlier life left complete, and removes the rest. Everything in the directory is
   * counted already: above the limit nothing more may be appended, and next.spare goes.
   */
  adopt(): IoFault {
    const { folder, capacityBytes } = this.#parts;
    const isOverLimit = folder.space.usedBytes > folder.space.limitBytes;
    const isUnfinished = (name: string) => unfinishedPaths.some((path) => nameOf(path) === name);
    const isSpare = (name: string) => sparePaths.some((path) => nameOf(path) === name);
    const found: ListedName[] = [];
    const listed = folder.directory.visit(segmentFolder, (file) => {
      if (isSpare(file.name) || isUnfinished(file.name)) found.push(file);
    });
    if (listed !== IoFault.None) return listed;
    for (const { name, sizeBytes } of found) {
      const path = sparePaths.find((spare) => nameOf(spare) === name);
      const isWanted = path === reserveSparePath || !isOverLimit;
      if (path !== undefined && sizeBytes === capacityBytes && isWanted) this.#ready.add(path);
      else {
        const fault = folder.unlink(`${segmentFolder}/${name}`, sizeBytes);
        if (fault !== IoFault.None) return fault;
      }
    }
    return folder.flush();
  }

  isReady(path: SparePath): boolean {
    return this.#ready.has(path);
  }

  get state(): SpareState {
    if (this.#failuresInARow >= failuresMax) return SpareState.Failing;
    if (this.#ready.has(nextSparePath)) return SpareState.Ready;
    if (this.#filling !== undefined) return SpareState.Filling;
    return this.#isRefused ? SpareState.Refused : SpareState.None;
  }

  /** Counted for spares, complete or not. */
  get sizeBytes(): number {
    const count = this.#ready.size + (this.#filling === undefined ? 0 : 1) + this.#leftovers.size;
    return count * this.#parts.capacityBytes;
  }

  /** To be written until both are ready. */
  get missingBytes(): number {
    const wholeCount = sparePaths.length - this.#ready.size - (this.#filling === undefined ? 0 : 1);
    return wholeCount * this.#parts.capacityBytes + (this.#filling?.missingBytes ?? 0);
  }

  /** Up to `sliceCount` slices. True: more can be done now. */
  fill(sliceCount: number): boolean {
    for (let slice = 0; slice < sliceCount; slice += 1) {
      if (this.#isIdle) return false;
      if (this.#filling === undefined && this.#waits) return false;
      if (this.#step() !== IoFault.None) return false;
    }
    return !this.#isIdle;
  }

  /** Fills whatever is missing for next.spare. None: it is ready. NoSpace: refused, or no room. */
  finishNext(): IoFault {
    while (!this.#ready.has(nextSparePath)) {
      const fault = this.#step();
      if (fault !== IoFault.None) return fault;
    }
    return IoFault.None;
  }

  /**
   * Gives a ready spare the name of a segment, durable only after the next sync of the folder. From
   * then on its bytes are the segment's.
   */
  take(path: SparePath, segmentId: number): OpenResult {
    assert(this.#ready.has(path), 'takes a spare that is not ready');
    const { folder, direct, capacityBytes } = this.#parts;
    const opened = folder.directory.open(path, { mode: OpenMode.ReadWrite, direct });
    if (opened.fault === IoFault.NotFound) {
      this.#ready.delete(path); // somebody else took it away
      folder.unlinked(capacityBytes);
    }
    if (opened.fault !== IoFault.None) return opened;
    const fault = folder.rename(path, segmentPath(segmentId));
    if (fault !== IoFault.None) return closed(opened.file, fault);
    this.#ready.delete(path);
    return opened;
  }

  /**
   * Gives a ready one back to the file system, the reserve last, for something that has to be
   * written even on a full disk. False: there is none, or it could not be.
   */
  giveUp(): boolean {
    const { folder, capacityBytes } = this.#parts;
    const order = [nextSparePath, reserveSparePath] as const;
    const path = order.find((spare) => this.#ready.has(spare));
    if (path === undefined) return false;
    if (folder.unlink(path, capacityBytes) !== IoFault.None) return false;
    this.#ready.delete(path);
    this.#waitBeforeNext();
    return folder.flush() === IoFault.None;
  }

  /** Nothing is written or unlinked any more; what is unfinished stays where it is. */
  close(): void {
    if (this.#filling === undefined) return;
    this.#filling.close();
    this.#leftovers.add(this.#filling.path);
    this.#filling = undefined;
  }

  // What was given back since then makes it worth asking.
  get #waits(): boolean {
    const { clock, folder } = this.#parts;
    return clock.nowMs() < this.#retryAtMs && folder.space.usedBytes >= this.#usedBytesThen;
  }

  #waitBeforeNext(): void {
    const { clock, folder } = this.#parts;
    this.#retryAtMs = clock.nowMs() + spareRetryDelayMs;
    this.#usedBytesThen = folder.space.usedBytes;
  }

  get #isIdle(): boolean {
    return this.#filling === undefined && this.#ready.size === sparePaths.length;
  }

  /** One file made, one slice, or one file completed. */
  #step(): IoFault {
    const filling = this.#filling;
    if (filling === undefined) return this.#begin();
    const filled = filling.fillSlice();
    if (filled !== IoFault.None) return this.#abort(filling, filled);
    if (!filling.isFilled) return IoFault.None;
    const completed = filling.complete();
    if (completed !== IoFault.None) return this.#abort(filling, completed);
    this.#filling = undefined;
    this.#ready.add(filling.path);
    this.#failuresInARow = 0;
    this.#isRefused = false;
    this.fault = IoFault.None;
    return IoFault.None;
  }

  #begin(): IoFault {
    const { folder, capacityBytes } = this.#parts;
    const { space } = folder;
    const path = sparePaths.find((spare) => !this.#ready.has(spare));
    assert(path !== undefined, 'no spare is missing');
    const removed = this.#removeLeftovers();
    if (removed !== IoFault.None) return this.#failed(removed);
    if (!folder.reserve(capacityBytes)) return this.#refused(IoFault.NoSpace);
    if (!space.fileSystemAllows(capacityBytes)) {
      space.release(capacityBytes);
      this.#waitBeforeNext();
      return this.#refused(IoFault.NoSpace);
    }
    const spare = new SpareFile(this.#parts, path);
    const fault = spare.create();
    if (fault === IoFault.None) {
      this.#filling = spare;
      return IoFault.None;
    }
    // An open that fails can still have made the file, empty.
    folder.unlink(spare.unfinishedPath, 0);
    space.release(capacityBytes);
    return this.#failed(fault);
  }

  #abort(spare: SpareFile, fault: IoFault): IoFault {
    // The cause is asked for while the room is still taken.
    const cause = this.#parts.probe.causeOf(fault);
    spare.close();
    this.#filling = undefined;
    this.#leftovers.add(spare.path);
    this.#removeLeftovers(); // or later
    return this.#failed(cause);
  }

  #removeLeftovers(): IoFault {
    const { folder, capacityBytes } = this.#parts;
    for (const path of this.#leftovers) {
      for (const name of [`${path}${unfinishedSuffix}`, path]) {
        const fault = folder.unlink(name, 0);
        if (fault !== IoFault.None) return fault;
      }
      folder.unlinked(capacityBytes);
      this.#leftovers.delete(path);
    }
    return IoFault.None;
  }

  #failed(fault: IoFault): IoFault {
    this.#waitBeforeNext();
    if (isNoRoom(fault)) return this.#refused(fault);
    this.#failuresInARow += 1;
    this.fault = fault;
    return fault;
  }

  #refused(fault: IoFault): IoFault {
    this.#isRefused = true;
    this.fault = fault;
    return fault;
  }
}

const sparePaths = [reserveSparePath, nextSparePath] as const;

const unfinishedPaths = [...sparePaths.map((path) => `${path}${unfinishedSuffix}`), probePath];

function closed(file: BlockFile, fault: Exclude<IoFault, typeof IoFault.None>): OpenResult {
  file.close();
  return { fault };
}
