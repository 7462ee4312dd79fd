// Random bits of the files of a vault, flipped one by one, and what each of them must cost: the
// entries with bytes in the block that it hit, and nothing else.

import { closeSync, openSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BlockHeader, readBlockHeader } from '../../src/vault/block-header.ts';
import { blockSizeBytes } from '../../src/vault/block-size.ts';
import { ByteView } from '../../src/vault/byte-view.ts';
import {
  BlockFlag,
  BlockType,
  segmentHeaderSizeBytes,
  unitSizeBytes,
} from '../../src/vault/format.ts';
import { ReadStatus } from '../../src/vault/read-status.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { xxh64 } from '../support/xxh64.ts';

export interface SoakBlock {
  readonly type: number;
  readonly fromBytes: number;
  readonly toBytes: number;
  /** With bytes in it; ends exclusive. */
  readonly fromEntrySeq: number;
  readonly toEntrySeq: number;
}

export interface Flip {
  /** In the vault directory. */
  readonly path: string;
  readonly atBytes: number;
  /** Of the byte, since. */
  readonly value: number;
  /** Undefined: a header of a segment, zeros, a cursor, META. */
  readonly block: SoakBlock | undefined;
}

export class BitFlips {
  readonly all: Flip[] = [];
  readonly #folder: string;
  readonly #random: SeededRandom;
  /** As they were before any of them was hit. */
  readonly #blocks = new Map<string, Map<number, SoakBlock>>();

  constructor(folder: string, random: SeededRandom) {
    this.#folder = folder;
    this.#random = random;
  }

  /** One bit somewhere; undefined: the place was one to leave alone. */
  flip(): Flip | undefined {
    const paths = filesOf(this.#folder);
    const path = paths[this.#random.below(paths.length)];
    if (path === undefined) return undefined;
    const bytes = readFileSync(join(this.#folder, path));
    if (bytes.length === 0) return undefined;
    const atBytes = this.#random.below(bytes.length);
    if (this.all.some((flip) => flip.path === path && flip.atBytes === atBytes)) return undefined;
    const blocks = path.endsWith('.vlt') ? this.#blocksOf(path, bytes) : [];
    const block = blocks.find(
      ({ fromBytes, toBytes }) => fromBytes <= atBytes && atBytes < toBytes,
    );
    if (this.#hidesBoth(path, atBytes, block)) return undefined;
    const value = bytes.readUInt8(atBytes) ^ (1 << this.#random.below(8));
    const file = openSync(join(this.#folder, path), 'r+');
    writeSync(file, Uint8Array.of(value), 0, 1, atBytes);
    closeSync(file);
    const flip = { path, atBytes, value, block };
    this.all.push(flip);
    return flip;
  }

  /** Not overwritten or deleted since. */
  remaining(): Flip[] {
    const names = new Set(filesOf(this.#folder));
    return this.all.filter(({ path, atBytes, value }) => {
      if (!names.has(path)) return false;
      const file = openSync(join(this.#folder, path), 'r');
      const byte = new Uint8Array(1);
      const count = readSync(file, byte, 0, 1, atBytes);
      closeSync(file);
      return count === 1 && byte[0] === value;
    });
  }

  forget(isGone: (flip: Flip) => boolean): void {
    const kept = this.all.filter((flip) => !isGone(flip));
    this.all.splice(0, this.all.length, ...kept);
  }

  // Where the header, the first block and the trailer say the same, one is enough; where all of
  // them are damaged a count becomes an upper bound, as the format says.
  #hidesBoth(path: string, atBytes: number, block: SoakBlock | undefined): boolean {
    const isEntrance = atBytes < segmentHeaderSizeBytes;
    const isFirst = block?.fromBytes === segmentHeaderSizeBytes;
    if (!path.endsWith('.vlt') || !(isEntrance || isFirst)) return false;
    return this.all.some(
      (flip) =>
        flip.path === path &&
        (isEntrance
          ? flip.block?.fromBytes === segmentHeaderSizeBytes
          : flip.atBytes < segmentHeaderSizeBytes),
    );
  }

  #blocksOf(path: string, bytes: Buffer): SoakBlock[] {
    const known = this.#blocks.get(path) ?? new Map<number, SoakBlock>();
    this.#blocks.set(path, known);
    const view = new ByteView(bytes);
    const header = new BlockHeader();
    for (let at = segmentHeaderSizeBytes; at + unitSizeBytes <= bytes.length; at += unitSizeBytes) {
      if (readBlockHeader(view, at, header, xxh64) !== ReadStatus.Ok) continue;
      known.set(at, blockOf(header, at));
    }
    return [...known.values()];
  }
}

function blockOf(header: BlockHeader, fromBytes: number): SoakBlock {
  const { type, firstEntrySeq, entryCount, flags } = header;
  const isContinued = (flags & BlockFlag.Continued) !== 0;
  const count = type === BlockType.Data ? (isContinued ? 1 : entryCount) : 0;
  const toBytes = fromBytes + blockSizeBytes(header.storedSizeBytes);
  return {
    type,
    fromBytes,
    toBytes,
    fromEntrySeq: firstEntrySeq,
    toEntrySeq: firstEntrySeq + count,
  };
}

/** Of the main log, its cursors and META. */
function filesOf(folder: string): string[] {
  const names = (path: string) => readdirSync(join(folder, path)).map((name) => `${path}/${name}`);
  return ['META', ...names('seg'), ...names('cursor')].filter((path) => !path.endsWith('.tmp'));
}
