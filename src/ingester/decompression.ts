// Compressed bodies of one shard: how much memory they ask for, and that few of them are inflated
// at once.
//
// Why calls cannot block each other. There are three things to wait for: small slabs, large slabs
// and places. A call waits
//   - for its first slab holding nothing (admission.ts);
//   - for a second slab, the output's, only when its body is short and therefore in a small slab,
//     and then always for a large one. So nobody who holds a large slab waits for memory, the line
//     for large slabs moves, and with it those who hold small ones;
//   - for a place only when it holds all the memory that it will get. In a place nobody waits: an
//     output that outgrows its slab is given up, and its call, out of its place and with the body
//     alone, waits again, for as much as a message may have.
// A body in a large slab must not wait: it is inflated in place. Its one reservation is for what
// zstd bodies say in their first bytes, or what the connection's bodies needed before, or as much
// as a message may have; one that outgrows that all the same is refused, retryably, and the next of
// its connection reserves the most. A body of unknown length outgrows its small slab, waits for a
// large one for as much as a message may have (logs-call.ts), and is inflated in that.

import { KiB } from '../limits.ts';
import { smallBodySizeBytesMax } from '../memory/size-class.ts';
import type { Encoding } from './expected-size.ts';
import { expectedSizeBytes } from './expected-size.ts';
import type { InflationResult } from './inflation.ts';
import { type CompressedBody, InflationJob, type InflationJobParts } from './inflation-job.ts';
import { InflationPlaces } from './inflation-places.ts';
import { inflateSmall, smallInflationSizeBytesMax } from './small-inflation.ts';

export interface DecompressionOptions extends Omit<InflationJobParts, 'places'> {
  /** At once, in this shard. */
  readonly inflationsMax: number;
}

/** Inflated by compressed size: what the next body of a connection may have. */
interface Ratios {
  tiny: number | undefined;
  other: number | undefined;
}

export class Decompression {
  readonly #parts: InflationJobParts;
  readonly #ratiosByConnection = new WeakMap<object, Ratios>();

  constructor(options: DecompressionOptions) {
    this.#parts = { ...options, places: new InflationPlaces(options.inflationsMax) };
  }

  get runningCount(): number {
    return this.#parts.places.takenCount;
  }

  /**
   * What to reserve for a body of this compressed length, which is within the message limit.
   * `start` is what has come of it already; the cap is on the inflated size.
   */
  reservationBytes(
    connection: object,
    encoding: Encoding,
    lengthBytes: number,
    start: Uint8Array,
    sizeBytesMax: number,
  ): number {
    if (lengthBytes <= smallInflationSizeBytesMax) {
      const ratio = this.#ratiosByConnection.get(connection)?.tiny ?? ratioAtFirst;
      const expectedBytes = Math.ceil(lengthBytes * ratio) + smallBodyBytes;
      return Math.max(lengthBytes, Math.min(smallBodySizeBytesMax, expectedBytes));
    }
    if (lengthBytes <= smallBodySizeBytesMax) return lengthBytes;
    // gzip says its size at the end.
    const said =
      encoding === 'zstd' ? possible(expectedSizeBytes(encoding, start), sizeBytesMax) : undefined;
    const expectedBytes =
      said ?? this.#expectedBytes(connection, lengthBytes, Infinity, sizeBytesMax);
    return Math.max(lengthBytes, expectedBytes) + distanceBytes(lengthBytes);
  }

  /** What to reserve for a body of unknown length that is too long for a small slab. */
  longestReservationBytes(sizeBytesMax: number): number {
    return sizeBytesMax + distanceBytes(sizeBytesMax);
  }

  /**
   * A small body at once, without a place, which returns undefined. `waitMsMax` is for a wait for
   * memory; `done` is called once, perhaps at once, unless the job is cancelled before.
   */
  inflate(
    body: CompressedBody,
    waitMsMax: number,
    done: (result: InflationResult) => void,
  ): InflationJob | undefined {
    const { encoding, slab, lengthBytes, sizeBytesMax } = body;
    const small = inflateSmall(this.#parts, encoding, slab, lengthBytes, sizeBytesMax);
    if (small !== undefined) {
      this.#learn(body, small);
      done(small);
      return undefined;
    }
    return new InflationJob(this.#parts, body, this.#roomBytes(body), waitMsMax, (result) => {
      this.#learn(body, result);
      done(result);
    });
  }

  #roomBytes({ encoding, slab, lengthBytes, connection, sizeBytesMax }: CompressedBody): number {
    const { slabs, bytes } = this.#parts;
    const capacityBytes = slabs.capacityBytes(slab);
    if (capacityBytes > smallBodySizeBytesMax) return 0;
    const end = slabs.bodyOffsetBytes(slab) + capacityBytes;
    const said = possible(
      expectedSizeBytes(encoding, bytes.subarray(end - lengthBytes, end)),
      sizeBytesMax,
    );
    const roomBytes =
      said ?? this.#expectedBytes(connection, lengthBytes, ratioAtFirst, sizeBytesMax);
    return Math.max(1, roomBytes);
  }

  #expectedBytes(
    connection: object,
    lengthBytes: number,
    ratioElse: number,
    sizeBytesMax: number,
  ): number {
    const ratio = this.#ratiosByConnection.get(connection)?.other ?? ratioElse;
    return Math.min(sizeBytesMax, Math.ceil(lengthBytes * ratio) + smallBodyBytes);
  }

  /**
   * Up at once, down slowly: a reservation that is too large costs less than a message inflated in
   * vain.
   */
  #learn({ connection, lengthBytes }: CompressedBody, result: InflationResult): void {
    const sizeBytes = result.kind === 'inflated' ? result.lengthBytes : result.wantedBytes;
    if (lengthBytes === 0 || sizeBytes === 0) return;
    const ratios = this.#ratiosByConnection.get(connection) ?? {
      tiny: undefined,
      other: undefined,
    };
    this.#ratiosByConnection.set(connection, ratios);
    const seen = (sizeBytes / lengthBytes) * headroom;
    const after = (before = seen) => Math.max(seen, before * 0.9 + seen * 0.1);
    if (lengthBytes <= smallInflationSizeBytesMax) ratios.tiny = after(ratios.tiny);
    else ratios.other = after(ratios.other);
  }
}

/** What a body says is only a hint: it may be too much to be true. */
function possible(saidBytes: number | undefined, sizeBytesMax: number): number | undefined {
  return saidBytes !== undefined && saidBytes <= sizeBytesMax ? saidBytes : undefined;
}

/**
 * Output that shrank less than usual must not reach the input (inflation.ts): a gzip encoder adds
 * up to 5 bytes to 16 KiB that it only stores.
 */
function distanceBytes(lengthBytes: number): number {
  return Math.min(lengthBytes >> 10, 32 * KiB);
}

// Log batches of SDKs and Collectors shrink to a fifth to a fifteenth with gzip.
const ratioAtFirst = 8;
const headroom = 1.2;
const smallBodyBytes = 1_024;
