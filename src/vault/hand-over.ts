// What threads say to each other about entries: the records of the rings between shards, the vault
// thread and the replay thread (memory/thread-ring.ts). A record is eight words of 32 bits; each
// layout is written once here, as a comment and as the numbers in it.
//
//   append      shard, replay -> vault    slab | held and settled consumers | log | tag
//   answer      vault -> shard, replay    slab | VaultAnswer | entrySeq low | high | tag
//   notice      vault -> replay           NoticeKind | entrySeq low | high | held and settled
//   settle      replay -> vault           SettleKind, consumer << 8 | entrySeq low | high | count
//   deliver     replay -> shard           body offset | body length | token | consumer |
//                                         resources | records | entrySeq low | high
//   done        shard -> replay           DoneKind | token | consumer | entrySeq low | high |
//                                         rejected records | status code
//
// Held and settled consumers are bits, held in the lower half of the word and settled in the upper:
// a settled one has the batch already, a held one is being sent it by the shard that appended it.

import { assert } from '../assert.ts';
import { sequenceMax } from './field-bytes.ts';

/** Consumers are required destinations; the state page has room for no more. */
export const consumersMax = 16;

export const VaultAnswer = {
  /** On disk, after fdatasync. */
  Acked: 1,
  /** No space that the vault may use. */
  Full: 2,
  /** The disk refuses writes, or the lock is lost. */
  ReadOnly: 3,
  /** Shutting down. */
  Closed: 4,
  /** Larger than a segment can hold. */
  TooLarge: 5,
} as const;
export type VaultAnswer = (typeof VaultAnswer)[keyof typeof VaultAnswer];

export const VaultLogId = { Main: 0, DeadLetter: 1 } as const;
export type VaultLogId = (typeof VaultLogId)[keyof typeof VaultLogId];

export const NoticeKind = {
  /** Comes before the entry is published as durable. */
  Held: 1,
  /** Every entry below this one was dropped to make room. */
  DroppedBelow: 2,
} as const;
export type NoticeKind = (typeof NoticeKind)[keyof typeof NoticeKind];

export const SettleKind = {
  Delivered: 1,
  Lost: 2,
  Dropped: 3,
  DeadLettered: 4,
  /** Sequence jumps, and kinds that the consumer does not take. */
  Skipped: 5,
} as const;
export type SettleKind = (typeof SettleKind)[keyof typeof SettleKind];

export const DoneKind = {
  Delivered: 1,
  /** Refused for good. */
  Rejected: 2,
  /** Not with the destination as far as is known: send it again. */
  Again: 3,
  /** The shard that appended it had delivered it as well. */
  LiveSettled: 4,
  /** The shard that appended it will not send it any more. */
  LiveReleased: 5,
} as const;
export type DoneKind = (typeof DoneKind)[keyof typeof DoneKind];

/** An entry that waits for its group, or is in it. Reused. */
export class PendingEntry {
  slab = 0;
  /** Index of its ring. */
  producer = 0;
  heldMask = 0;
  settledMask = 0;
  /** The producer's own, for the answer. */
  tag = 0;
  log: VaultLogId = VaultLogId.Main;
  bodySizeBytes = 0;
  /** Given by the writer. */
  entrySeq = 0;
}

/** Low word of a sequence. */
export function lowWord(sequence: number): number {
  assert(Number.isSafeInteger(sequence) && sequence >= 0, 'not a sequence');
  return sequence % 2 ** 32;
}

export function highWord(sequence: number): number {
  return Math.floor(sequence / 2 ** 32);
}

export function sequenceOf(low: number, high: number): number {
  const sequence = high * 2 ** 32 + low;
  assert(sequence <= sequenceMax, 'sequence above its limit');
  return sequence;
}

export function masksWord(heldMask: number, settledMask: number): number {
  assert((heldMask & settledMask) === 0, 'a consumer both holds an entry and has it');
  return (heldMask | (settledMask << 16)) >>> 0;
}
