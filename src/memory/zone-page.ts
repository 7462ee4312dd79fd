// What the monitor and the data plane tell each other, in shared memory: the zone that acts, what
// of the host else matters, and what each shard measures of itself. Every line has one writer.
//
// Layout, a cache line each: the zone word; the host's words; then one line for each shard.

import { assert } from '../assert.ts';
import { cacheLineSizeBytes, type Region } from './region.ts';
import { type Zone, ZoneWord, zoneWordSizeBytes } from './zone-word.ts';

export function zonePageSizeBytes(shardCount: number): number {
  return zoneWordSizeBytes + (1 + shardCount) * cacheLineSizeBytes;
}

/** Written by the main thread; 1 or 0 each. */
export const HostWord = {
  /** The disk is slow for everybody: only background reads and writes give way. */
  IoBusy: 0,
  /** More runs than there are CPUs for. */
  CpuShort: 1,
} as const;
export type HostWord = (typeof HostWord)[keyof typeof HostWord];

const shardWord = {
  /** Wraps; that it moves says that the shard's event loop does. */
  TickCount: 0,
  ArenaPerMille: 1,
  LoopDelayMicroseconds: 2,
  LocalZone: 3,
  TickMs: 4,
} as const;

export class ZonePage {
  /** The zone that acts. Main thread writes. */
  readonly zone: ZoneWord;
  readonly #host: Int32Array<SharedArrayBuffer>;
  readonly #shards: readonly ShardSignals[];

  /** Attaches to the page. Zeroed memory is Green, and nothing measured. */
  constructor(buffer: SharedArrayBuffer, region: Region, shardCount: number) {
    assert(region.sizeBytes >= zonePageSizeBytes(shardCount), 'region too small for the zone page');
    const { offsetBytes } = region;
    const lineWords = cacheLineSizeBytes / Int32Array.BYTES_PER_ELEMENT;
    const line = (index: number) =>
      new Int32Array(
        buffer,
        offsetBytes + zoneWordSizeBytes + index * cacheLineSizeBytes,
        lineWords,
      );
    this.zone = new ZoneWord(buffer, offsetBytes);
    this.#host = line(0);
    this.#shards = Array.from(
      { length: shardCount },
      (_, shard) => new ShardSignals(line(1 + shard)),
    );
  }

  get shardCount(): number {
    return this.#shards.length;
  }

  isSet(word: HostWord): boolean {
    return Atomics.load(this.#host, word) !== 0;
  }

  set(word: HostWord, isSet: boolean): void {
    Atomics.store(this.#host, word, isSet ? 1 : 0);
  }

  shard(shardIndex: number): ShardSignals {
    const shard = this.#shards[shardIndex];
    assert(shard !== undefined, 'no such shard');
    return shard;
  }
}

/** What one shard measures of itself. Only the shard writes. */
export class ShardSignals {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(words: Int32Array<SharedArrayBuffer>) {
    this.#words = words;
  }

  publish(arenaPercent: number, loopDelayMs: number): void {
    Atomics.store(this.#words, shardWord.ArenaPerMille, Math.round(arenaPercent * 10));
    const microseconds = Math.min(loopDelayMs * 1_000, 2 ** 31 - 1);
    Atomics.store(this.#words, shardWord.LoopDelayMicroseconds, Math.round(microseconds));
  }

  /** The event loop has come round, and will again in so many ms. */
  tick(nextMs: number): void {
    Atomics.store(this.#words, shardWord.TickMs, nextMs);
    Atomics.add(this.#words, shardWord.TickCount, 1);
  }

  /** The shard has turned by itself, or no longer. */
  setLocalZone(zone: Zone): void {
    Atomics.store(this.#words, shardWord.LocalZone, zone);
  }

  get tickCount(): number {
    return Atomics.load(this.#words, shardWord.TickCount);
  }

  get tickMs(): number {
    return Atomics.load(this.#words, shardWord.TickMs);
  }

  get arenaPercent(): number {
    return Atomics.load(this.#words, shardWord.ArenaPerMille) / 10;
  }

  get loopDelayMs(): number {
    return Atomics.load(this.#words, shardWord.LoopDelayMicroseconds) / 1_000;
  }

  get localZone(): Zone {
    return Atomics.load(this.#words, shardWord.LocalZone) as Zone; // its only writer writes zones
  }
}
