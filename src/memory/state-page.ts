// The state page: counters in shared memory that threads write and the main thread reads. Each
// block has one writer, its shard; readers see every word a little late and never torn.
//
// Layout, 8 bytes a word (float64, exact up to 2^53; a float64 store is one instruction on the
// 64-bit machines that we run on, and needs no BigInt):
//
//   shard block s at s * shardBlockWords:
//     0 .. ShardCounter count - 1             the shard's own words
//     refusedBase + i                         calls answered with the i-th code of the error table
//     abuseBase + i                           bounds that peers ran into, in the order of ConnectionAbuse
//     destinationBase + d * destinationWords  words of destination d at this shard
//     transportBase + t * transportWords      words of transport t
//     pivotBase + i                           batches that the pivot decided on, by way and reason
//     ackTimesBase ..                         a histogram (time-histogram.ts): time to an answer OK
//     sourcesBase ..                          counts by producer (source-counters.ts)

import { assert } from '../assert.ts';
import { type ErrorCode, errorTable } from '../errors.ts';
import { ConnectionAbuse } from './connection-abuse.ts';
import { PivotCounter } from './pivot-counters.ts';
import { readSources, SourceCounters, type SourceCounts, sourceWords } from './source-counters.ts';
import { TimeCounts, TimeHistogram, timeHistogramWords } from './time-histogram.ts';
import { Transport, TransportCounter } from './transport-counters.ts';

/** Monotonic counters, except those named Inflight or Open, which go both ways. */
export const ShardCounter = {
  OpenConnections: 0,
  AcceptedConnections: 1,
  ReceivedBatches: 2,
  ReceivedRecords: 3,
  /** Uncompressed OTLP protobuf. */
  ReceivedBytes: 4,
  AckedBatches: 5,
  AckedRecords: 6,
  AckedBytes: 7,
  /** Calls answered with an error; the codes stand in their own words. */
  RefusedBatches: 8,
  /** Calls whose producer had gone before the answer. */
  GoneBatches: 9,
  InflightBatches: 10,
  InflightBytes: 11,
  TlsFailures: 12,
  /**
   * Given up after one required destination had them and another had not: the producer sends them
   * again, and the first gets them twice.
   */
  PartlyDeliveredBatches: 13,
  /** Accepted and left unread until another connection closes. */
  OpenParkedConnections: 14,
  /** Closed unread because as many were parked as may be. */
  RefusedConnections: 15,
  /** Not taken because the shard has as many requests open as its heap may hold. */
  RefusedStreams: 16,
  /**
   * Acknowledged because the disk has them: part of AckedBatches, and the next two of AckedRecords
   * and AckedBytes.
   */
  VaultedBatches: 17,
  VaultedRecords: 18,
  VaultedBytes: 19,
  /** Of VaultedBatches: they were sent as well, and no answer had come in time. */
  HedgedBatches: 20,
  /** Appends that the vault did not take. */
  VaultRefused: 21,
  /** Entries that came back from the vault to be sent, once for each destination. */
  ReplayedBatches: 22,
  /** Received whole and answered with an error. */
  FailedBatches: 23,
  /** Appends that the vault took, whether or not their producer still waited. */
  StoredBatches: 24,
  /** Acknowledged without the vault, because every required destination had settled them. */
  DirectBatches: 25,
  /** Time in which connections were left unread, summed when each is read again or ends. */
  ReadPauseMs: 26,
} as const;
export type ShardCounter = (typeof ShardCounter)[keyof typeof ShardCounter];

/** Monotonic counters, except those named Queued, Inflight or Open, which go both ways. */
export const DestinationCounter = {
  EnqueuedBatches: 0,
  DeliveredBatches: 1,
  DeliveredRecords: 2,
  /** Records that the downstream refused for good. */
  RejectedRecords: 3,
  AbandonedBatches: 4,
  /** Records lost by a destination that is not required. */
  DroppedRecords: 5,
  /**
   * Requests that may have arrived although their end was an error: a resend of these can be a
   * duplicate.
   */
  UnknownOutcomes: 6,
  Requests: 7,
  FailedRequests: 8,
  /** As sent, compressed or not, without framing. */
  RequestBytes: 9,
  QueuedBatches: 10,
  QueuedBytes: 11,
  InflightRequests: 12,
  /** 0 closed (works), 1 open (down), 2 probing. */
  OpenBreaker: 13,
  /** Delivered out of the vault; part of DeliveredBatches. */
  ReplayedBatches: 14,
  /** Sent again although the destination may have them. */
  DuplicateBatches: 15,
  /** Requests that ended: taken, by an answer that says no, and without an answer. */
  DeliveredRequests: 16,
  RefusedRequests: 17,
  UnansweredRequests: 18,
} as const;
export type DestinationCounter = (typeof DestinationCounter)[keyof typeof DestinationCounter];

const wordSizeBytes = 8;
const errorCodes = Object.keys(errorTable) as ErrorCode[]; // keyof of a const table, in its order
const refusedBase = Object.keys(ShardCounter).length;
const abuseBase = refusedBase + errorCodes.length;
const destinationBase = abuseBase + Object.keys(ConnectionAbuse).length;
const destinationWords = Object.keys(DestinationCounter).length;

export const destinationsMax = 16;
const transportBase = destinationBase + destinationsMax * destinationWords;
const transportWords = Object.keys(TransportCounter).length;
const pivotBase = transportBase + Object.keys(Transport).length * transportWords;
const ackTimesBase = pivotBase + Object.keys(PivotCounter).length;
const sourcesBase = ackTimesBase + timeHistogramWords;
const shardBlockWords = sourcesBase + sourceWords;

export function statePageSizeBytes(shardCount: number): number {
  return shardCount * shardBlockWords * wordSizeBytes;
}

/** One destination's words at one shard. */
export interface DestinationCounters {
  add(counter: DestinationCounter, amount: number): void;
  set(counter: DestinationCounter, value: number): void;
  get(counter: DestinationCounter): number;
}

export class StatePage {
  readonly #words: Float64Array;
  readonly #shardCount: number;

  /**
   * `buffer` must hold statePageSizeBytes(shardCount) bytes at `offsetBytes`, which is a multiple
   * of 8.
   */
  constructor(buffer: SharedArrayBuffer | ArrayBuffer, offsetBytes: number, shardCount: number) {
    assert(offsetBytes % wordSizeBytes === 0, 'state page not aligned');
    this.#shardCount = shardCount;
    this.#words = new Float64Array(buffer, offsetBytes, shardCount * shardBlockWords);
  }

  /** The writer's side: words of one shard. */
  shard(shardIndex: number): ShardCounters {
    assert(shardIndex >= 0 && shardIndex < this.#shardCount, 'shard index out of range');
    const from = shardIndex * shardBlockWords;
    return new ShardCounters(this.#words.subarray(from, from + shardBlockWords));
  }

  /** Sum over all shards. */
  sum(counter: ShardCounter): number {
    return this.#sumWord(counter);
  }

  sumRefused(code: ErrorCode): number {
    return this.#sumWord(refusedBase + errorCodes.indexOf(code));
  }

  sumAbuse(reason: ConnectionAbuse): number {
    return this.#sumWord(abuseBase + reason);
  }

  sumDestination(destinationIndex: number, counter: DestinationCounter): number {
    return this.#sumWord(destinationBase + destinationIndex * destinationWords + counter);
  }

  sumTransport(transport: Transport, counter: TransportCounter): number {
    return this.#sumWord(transportBase + transport * transportWords + counter);
  }

  sumPivot(counter: PivotCounter): number {
    return this.#sumWord(pivotBase + counter);
  }

  /** From the last byte of a request to its answer OK, of all shards. */
  ackTimes(): TimeCounts {
    const counts = new TimeCounts();
    for (let shard = 0; shard < this.#shardCount; shard += 1) {
      const from = shard * shardBlockWords + ackTimesBase;
      counts.add(this.#words.subarray(from, from + timeHistogramWords));
    }
    return counts;
  }

  /** What came from each producer. */
  sources(): SourceCounts[] {
    const shards = Array.from({ length: this.#shardCount }, (_, shard) => {
      const from = shard * shardBlockWords + sourcesBase;
      return this.#words.subarray(from, from + sourceWords);
    });
    return readSources(shards);
  }

  #sumWord(word: number): number {
    let sum = 0;
    for (let shard = 0; shard < this.#shardCount; shard += 1) {
      // inside the view: word < shardBlockWords
      sum += this.#words[shard * shardBlockWords + word]!;
    }
    return sum;
  }
}

export class ShardCounters {
  readonly sources: SourceCounters;
  readonly #words: Float64Array;
  readonly #ackTimes: TimeHistogram;

  constructor(words: Float64Array) {
    assert(words.length === shardBlockWords, 'not a shard block');
    this.#words = words;
    this.#ackTimes = new TimeHistogram(words.subarray(ackTimesBase, sourcesBase));
    this.sources = new SourceCounters(words.subarray(sourcesBase, shardBlockWords));
  }

  add(counter: ShardCounter, amount: number): void {
    this.#words[counter]! += amount; // the view holds every counter
  }

  get(counter: ShardCounter): number {
    return this.#words[counter]!; // the view holds every counter
  }

  addRefused(code: ErrorCode): void {
    this.#words[refusedBase + errorCodes.indexOf(code)]! += 1; // every code has a word
    this.add(ShardCounter.RefusedBatches, 1);
  }

  addAbuse(reason: ConnectionAbuse): void {
    this.#words[abuseBase + reason]! += 1; // every reason has a word
  }

  addTransport(transport: Transport, counter: TransportCounter, amount: number): void {
    // every one has a word
    this.#words[transportBase + transport * transportWords + counter]! += amount;
  }

  addPivot(counter: PivotCounter): void {
    this.#words[pivotBase + counter]! += 1; // every one has a word
  }

  /** A producer was told OK this long after the last byte of its request. */
  addAckTime(ms: number): void {
    this.#ackTimes.add(ms);
  }

  destination(destinationIndex: number): DestinationCounters {
    assert(
      destinationIndex >= 0 && destinationIndex < destinationsMax,
      'destination index out of range',
    );
    const base = destinationBase + destinationIndex * destinationWords;
    const words = this.#words.subarray(base, base + destinationWords);
    return {
      add(counter, amount) {
        words[counter]! += amount; // the view holds every counter
      },
      set(counter, value) {
        words[counter] = value;
      },
      get: (counter) => words[counter]!, // the view holds every counter
    };
  }
}
