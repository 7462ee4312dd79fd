// Where the bytes of a message stay while it waits for its slab: blocks of one region of the arena,
// strung together. They arrived on credit that the peer had without any reservation (the first
// 65,535 bytes of a connection are free), so somebody must keep them, and a socket that is paused
// with unread bytes costs more than this (arena-needs.ts).
//
// One thread owns the pool. While there is less room than landingRoomBytesMin nobody should read on
// who can wait; whenRoom() says when. Half of the pool is no room: it is for what comes on
// connections that have to be read (http2/connection-input.ts), all but a part for newcomers.

import { assert } from '../assert.ts';
import { KiB } from '../limits.ts';
import { copyBytes } from './copy-bytes.ts';
import { LateLine } from './late-line.ts';
import { NewcomerPlaces } from './newcomer-places.ts';
import type { Region } from './region.ts';
import { RoomLine, type RoomWait } from './room-line.ts';

export const landingBlockSizeBytes = KiB;

/** What one read of a socket brings at most. */
export const landingRoomBytesMin = 64 * KiB;

const none = 0xffff;

export class LandingPool {
  readonly sizeBytes: number;
  /** Who holds something here, and room for those who do not. */
  readonly newcomers: NewcomerPlaces;
  /** Of those who wait for room that is kept for others. */
  readonly late: LateLine;
  /**
   * Whether memory will be free without anything being read: whoever waits here will have room
   * then. Who knows it says it.
   */
  isMoving: () => boolean = () => false;
  readonly #bytes: Uint8Array;
  readonly #offsetBytes: number;
  /** By block: the next one of its chain, or of the free ones. */
  readonly #next: Uint16Array;
  readonly #line: RoomLine;
  readonly #firstLine: RoomLine;
  /** Of those who have to be read. */
  readonly #urgentLine: RoomLine;
  /** Of what is free, what is no room, however few have to be read. */
  readonly #keptSizeBytes: number;
  /** Of what is free, what only newcomers may fill as long as others can wait. */
  readonly #newcomerSizeBytes: number;
  #firstFree: number;
  #freeCount: number;
  /** What those of whom something is here may still send; they keep count themselves. */
  #expectedBytes = 0;

  constructor(bytes: Uint8Array, region: Region) {
    const blockCount = Math.floor(region.sizeBytes / landingBlockSizeBytes);
    assert(blockCount > 0 && blockCount < none, 'landing region without blocks or with too many');
    assert(region.offsetBytes + region.sizeBytes <= bytes.length, 'landing region off the arena');
    this.#bytes = bytes;
    this.#offsetBytes = region.offsetBytes;
    this.sizeBytes = blockCount * landingBlockSizeBytes;
    const roomSizeBytesMax = Math.max(this.sizeBytes / 2, landingRoomBytesMin);
    this.#keptSizeBytes = Math.max(0, this.sizeBytes - roomSizeBytesMax);
    this.#next = Uint16Array.from({ length: blockCount }, (_, block) => block + 1);
    this.#next[blockCount - 1] = none;
    this.#firstFree = 0;
    this.#freeCount = blockCount;
    this.#line = new RoomLine(() => Math.floor(this.roomBytes / landingRoomBytesMin));
    this.#firstLine = new RoomLine(() => Math.floor(this.firstRoomBytes / landingRoomBytesMin));
    const newcomersMax = Math.max(1, Math.floor(this.sizeBytes / 8 / landingRoomBytesMin));
    this.#newcomerSizeBytes = Math.min(newcomersMax * landingRoomBytesMin, this.#keptSizeBytes / 2);
    const hasRoom = () => this.freeBytes >= landingRoomBytesMin;
    this.newcomers = new NewcomerPlaces(newcomersMax, hasRoom);
    const isCalm = () => 2 * this.freeBytes >= this.sizeBytes;
    this.late = new LateLine(this.newcomers, { hasRoom, isCalm });
    this.#urgentLine = new RoomLine(() =>
      this.isMoving() ? Math.floor(this.#urgentRoomBytes / landingRoomBytesMin) : Infinity,
    );
  }

  /** Of blocks that nobody has: what is left of a chain's last block is not free. */
  get freeBytes(): number {
    return this.#freeCount * landingBlockSizeBytes;
  }

  /** What may be filled by those who can be told to wait. */
  get roomBytes(): number {
    return Math.max(0, this.freeBytes - Math.max(this.#keptSizeBytes, this.#expectedBytes));
  }

  /**
   * The same for those of whom nothing is here: however much others hold, they may say what they
   * want.
   */
  get firstRoomBytes(): number {
    return Math.max(0, this.freeBytes - Math.max(this.#keptSizeBytes / 2, this.#expectedBytes));
  }

  /**
   * So much more, or less, may come on connections that have messages here or on their way, beside
   * what has memory. It must find room, or is lost; so nobody else is read in where it would not.
   */
  expect(sizeBytes: number): void {
    this.#expectedBytes += sizeBytes;
    assert(this.#expectedBytes >= 0, 'less than nothing has to find room');
    if (sizeBytes > 0) return;
    this.#firstLine.serve();
    this.#line.serve();
  }

  /** A chain without blocks. */
  land(): Landing {
    return new Landing(this);
  }

  /**
   * Calls back once, later, when there is room for one more to read on: in order of arrival, and no
   * more of them in a turn of the event loop than can each fill landingRoomBytesMin.
   */
  whenRoom(callback: () => void): RoomWait {
    return this.#line.wait(callback);
  }

  /** The same for firstRoomBytes. */
  whenFirstRoom(callback: () => void): RoomWait {
    return this.#firstLine.wait(callback);
  }

  /**
   * Whether those who have to be read are read now. When the pool is full they wait as long as
   * memory will be given back without them; when it will not, they are read, and what does not fit
   * is lost.
   */
  get mayFill(): boolean {
    return this.#urgentRoomBytes >= landingRoomBytesMin || !this.isMoving();
  }

  get #urgentRoomBytes(): number {
    return Math.max(0, this.freeBytes - this.#newcomerSizeBytes);
  }

  /** For who has to wait by mayFill: as whenRoom(). */
  whenFillable(callback: () => void): RoomWait {
    return this.#urgentLine.wait(callback);
  }

  /** isMoving() may have turned false: perhaps nobody makes room for those who wait any more. */
  movingStopped(): void {
    this.#urgentLine.serveLater();
  }

  /** For Landing: a block for the end of a chain. There must be one. */
  takeBlock(): number {
    assert(this.#freeCount > 0, 'took a block of an empty pool');
    const block = this.#firstFree;
    this.#firstFree = this.#next[block]!; // not none: there are free ones
    this.#next[block] = none;
    this.#freeCount -= 1;
    return block;
  }

  /** For Landing. */
  link(block: number, next: number): void {
    assert(this.#next[block] === none, 'linked in the middle of a chain');
    this.#next[block] = next;
  }

  /** For Landing: the block after this one. */
  after(block: number): number {
    return this.#next[block]!; // block of a chain
  }

  /** For Landing: a whole chain goes back. */
  giveBack(first: number, last: number, blockCount: number): void {
    assert(this.#next[last] === none, 'gave back a part of a chain');
    assert(this.freeBytes + blockCount * landingBlockSizeBytes <= this.sizeBytes, 'too many free');
    this.#next[last] = this.#firstFree;
    this.#firstFree = first;
    this.#freeCount += blockCount;
    this.newcomers.serve();
    this.#urgentLine.serve();
    this.#firstLine.serve();
    this.#line.serve();
  }

  /** For Landing: source[fromBytes..toBytes) into a block. */
  write(block: number, at: number, source: Uint8Array, fromBytes: number, toBytes: number): void {
    assert(at + toBytes - fromBytes <= landingBlockSizeBytes, 'wrote beyond a block');
    copyBytes(this.#bytes, this.#blockOffsetBytes(block) + at, source, fromBytes, toBytes);
  }

  /** For Landing: the first bytes of a block. */
  read(block: number, sizeBytes: number, target: Uint8Array, targetOffsetBytes: number): void {
    const from = this.#blockOffsetBytes(block);
    copyBytes(target, targetOffsetBytes, this.#bytes, from, from + sizeBytes);
  }

  #blockOffsetBytes(block: number): number {
    assert(block < this.#next.length, 'no such block');
    return this.#offsetBytes + block * landingBlockSizeBytes;
  }
}

/** What one message has landed, in order. */
export class Landing {
  readonly #pool: LandingPool;
  #first = none;
  #last = none;
  #blockCount = 0;
  #sizeBytes = 0;
  #released = false;

  constructor(pool: LandingPool) {
    this.#pool = pool;
  }

  /** 0 after release(). */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Copies source[fromBytes..toBytes) to the end. False: there is no room, nothing was taken. */
  append(source: Uint8Array, fromBytes: number, toBytes: number): boolean {
    assert(!this.#released, 'appended after release');
    assert(fromBytes >= 0 && fromBytes <= toBytes, 'part ends before it begins');
    assert(toBytes <= source.length, 'part beyond its source');
    const roomBytes = this.#blockCount * landingBlockSizeBytes - this.#sizeBytes;
    if (toBytes - fromBytes > roomBytes + this.#pool.freeBytes) return false;
    for (let from = fromBytes; from < toBytes; ) {
      const at = this.#sizeBytes % landingBlockSizeBytes;
      if (at === 0) this.#grow();
      const to = Math.min(toBytes, from + landingBlockSizeBytes - at);
      this.#pool.write(this.#last, at, source, from, to);
      this.#sizeBytes += to - from;
      from = to;
    }
    return true;
  }

  /** All of it, from `targetOffsetBytes` on. */
  copyTo(target: Uint8Array, targetOffsetBytes: number): void {
    assert(!this.#released, 'copied after release');
    assert(targetOffsetBytes + this.#sizeBytes <= target.length, 'target too short');
    let copiedBytes = 0;
    for (let block = this.#first; block !== none; block = this.#pool.after(block)) {
      const sizeBytes = Math.min(landingBlockSizeBytes, this.#sizeBytes - copiedBytes);
      assert(sizeBytes > 0, 'chain longer than what landed');
      this.#pool.read(block, sizeBytes, target, targetOffsetBytes + copiedBytes);
      copiedBytes += sizeBytes;
    }
    assert(copiedBytes === this.#sizeBytes, 'chain shorter than what landed');
  }

  /** Gives the blocks back. Twice is once. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    const [first, last, blockCount] = [this.#first, this.#last, this.#blockCount];
    this.#first = none;
    this.#last = none;
    this.#blockCount = 0;
    this.#sizeBytes = 0;
    if (blockCount > 0) this.#pool.giveBack(first, last, blockCount);
  }

  #grow(): void {
    const block = this.#pool.takeBlock();
    if (this.#blockCount === 0) this.#first = block;
    else this.#pool.link(this.#last, block);
    this.#last = block;
    this.#blockCount += 1;
  }
}
