// Compressed bodies of one shard: how much memory they ask for, and that few of them are inflated
// at once.
//
// Why calls cannot block each other: a compressed message asks for memory once, before its body is
// read and while it holds none: for what it will probably be inflated, at least its own length. It
// is then inflated inside that slab (inflation.ts). Waiting for one of the places here is waiting
// for the CPU only, because those who have a place never wait for memory. A message that turns out
// larger than expected takes more if there is more, and is else refused, retryably. The estimate of
// its connection grows with that, up to the message limit, where a reservation always suffices: so
// the retries of a producer do succeed.

import { inflationsPerShardMax } from '../limits.ts';
import type { Encoding } from './expected-size.ts';
import { Inflation, type InflationParts, type InflationResult } from './inflation.ts';
import { inflateSmall } from './small-inflation.ts';

export interface CompressedBody {
  readonly encoding: Encoding;
  /** The body is the last `lengthBytes` of this slab, which goes with it. */
  readonly slab: number;
  readonly lengthBytes: number;
  /** Whose bodies are alike. */
  readonly connection: object;
}

export class Decompression {
  readonly #parts: InflationParts;
  /** Inflated by compressed size, what the next body of a connection may have. */
  readonly #ratioByConnection = new WeakMap<object, number>();
  readonly #queue = new Set<() => void>(); // in order of arrival
  #runningCount = 0;

  constructor(parts: InflationParts) {
    this.#parts = parts;
  }

  get runningCount(): number {
    return this.#runningCount;
  }

  /** What to reserve for a body of this compressed length, which is within the message limit. */
  reservationBytes(connection: object, lengthBytes: number): number {
    const ratio = this.#ratioByConnection.get(connection) ?? ratioAtFirst;
    const expectedBytes = Math.ceil(lengthBytes * ratio) + smallBodyBytes;
    return Math.max(lengthBytes, Math.min(this.#parts.sizeBytesMax, expectedBytes));
  }

  /** A small body at once, without a place; undefined: start() it. */
  inflateSmall(body: CompressedBody): InflationResult | undefined {
    const result = inflateSmall(this.#parts, body.encoding, body.slab, body.lengthBytes);
    if (result !== undefined) this.#learn(body, result);
    return result;
  }

  /** `done` as in Inflation. */
  start(body: CompressedBody, done: (result: InflationResult) => void): { cancel(): void } {
    let inflation: Inflation | undefined;
    let ended = false;
    const run = () => {
      this.#runningCount += 1;
      inflation = new Inflation(
        this.#parts,
        body.encoding,
        body.slab,
        body.lengthBytes,
        (result) => {
          ended = true;
          this.#learn(body, result);
          this.#ended();
          done(result);
        },
      );
    };
    if (this.#runningCount < inflationsPerShardMax) run();
    else this.#queue.add(run);
    return {
      cancel: () => {
        if (ended) return;
        ended = true;
        if (inflation === undefined) {
          this.#queue.delete(run);
          this.#parts.slabs.free(body.slab);
        } else {
          inflation.cancel();
          this.#ended();
        }
      },
    };
  }

  #ended(): void {
    this.#runningCount -= 1;
    const [next] = this.#queue;
    if (next === undefined) return;
    this.#queue.delete(next);
    next();
  }

  /**
   * Up at once, down slowly: a reservation that is too large costs less than a message inflated in
   * vain.
   */
  #learn({ connection, lengthBytes }: CompressedBody, result: InflationResult): void {
    const sizeBytes = result.kind === 'inflated' ? result.lengthBytes : result.wantedBytes;
    if (lengthBytes === 0 || sizeBytes === 0) return;
    const before = this.#ratioByConnection.get(connection) ?? ratioAtFirst;
    const seen = (sizeBytes / lengthBytes) * headroom;
    this.#ratioByConnection.set(connection, Math.max(seen, before * 0.9 + seen * 0.1));
  }
}

// Log batches of SDKs and Collectors shrink to a fifth to a fifteenth with gzip.
const ratioAtFirst = 8;
const headroom = 1.2;
const smallBodyBytes = 1_024;
