// Walks the dead letters that are neither redriven nor purged and that somebody asks for, in their
// order, up to where their log ended when it began.

import { DurableEnd } from '../memory/vault-page.ts';
import { ConsumerCursor } from '../vault/consumer-cursor.ts';
import type { EntryCursor } from '../vault/entry-cursor.ts';
import { EntryKind } from '../vault/format.ts';
import { SettleKind } from '../vault/hand-over.ts';
import type { IoFault } from '../vault/io-fault.ts';
import type { LetterLog } from '../vault/letter-log.ts';
import { BlockFeed, type EntryReader } from './block-feed.ts';
import type { LetterChoice } from './letter-command.ts';
import type { LetterRoom } from './letter-room.ts';
import { ReceiveTimes } from './receive-times.ts';

export type ScanStep =
  /** The feed stands at it, and its body is what was received. */
  | { readonly kind: 'letter'; readonly entrySeq: number }
  /** Not one of those that are asked for. */
  | { readonly kind: 'other'; readonly fromSeq: number; readonly toSeq: number }
  /** Cannot be read, now or ever. */
  | { readonly kind: 'damaged'; readonly fromSeq: number; readonly toSeq: number }
  /** Numbers that no letter has. */
  | { readonly kind: 'void'; readonly fromSeq: number; readonly toSeq: number }
  | { readonly kind: 'no-room'; readonly entrySeq: number; readonly sizeBytes: number }
  | { readonly kind: 'fault'; readonly entrySeq: number; readonly fault: IoFault }
  | { readonly kind: 'end' };

export interface LetterScanParts {
  readonly log: LetterLog;
  /** Of that log, its own. */
  readonly reader: EntryReader;
  readonly walk: EntryCursor;
  readonly room: LetterRoom;
  readonly choice: LetterChoice;
}

export class LetterScan {
  readonly feed: BlockFeed;
  /** Exclusive: what is asked for, as far as it is there. */
  readonly endSeq: number;
  readonly #cursor = new ConsumerCursor();
  readonly #end: DurableEnd;
  readonly #times: ReceiveTimes | undefined;
  #nextSeq: number;

  constructor({ log, reader, walk, room, choice }: LetterScanParts) {
    const { fromSeq, toSeq, receivedBeforeNs } = choice;
    this.feed = new BlockFeed(reader, room, walk);
    this.#cursor.restore(log.cursor);
    this.#end = Object.assign(new DurableEnd(), log.end);
    this.#nextSeq = fromSeq;
    this.endSeq = Math.min(toSeq, log.end.entryEnd);
    const isTimed = receivedBeforeNs !== undefined;
    this.#times = isTimed ? new ReceiveTimes({ fromNs: 0n, toNs: receivedBeforeNs }) : undefined;
  }

  /** The same again, until pass() is past it. */
  next(): ScanStep {
    const entrySeq = this.#cursor.nextUnsettled(this.#nextSeq);
    if (entrySeq >= this.endSeq) return { kind: 'end' };
    const read = this.feed.fetch(entrySeq, this.#end);
    switch (read.kind) {
      case 'entry':
        return this.#letter(entrySeq);
      case 'lost':
        return { kind: 'damaged', ...this.#range(entrySeq, read.toEntrySeq) };
      case 'skipped':
        return { kind: 'void', ...this.#range(entrySeq, read.toEntrySeq) };
      case 'no-room':
        return { kind: 'no-room', entrySeq, sizeBytes: read.sizeBytes };
      case 'fault':
        return { kind: 'fault', entrySeq, fault: read.fault };
      default:
        return { kind: 'end' };
    }
  }

  pass(toSeq: number): void {
    this.#nextSeq = toSeq;
  }

  /** False: the cursor has no room for one more that is settled in between. */
  canSettle(entrySeq: number): boolean {
    return this.#cursor.canSettle(entrySeq);
  }

  /** It will be, as soon as it is in the main log. */
  settle(entrySeq: number): void {
    this.#cursor.settle(SettleKind.Delivered, entrySeq, 1);
  }

  /** Gives the block back; it is read again when it is wanted. */
  leave(): void {
    this.feed.leave();
  }

  /** Gives memory and file back. */
  close(): void {
    this.feed.rest();
  }

  #letter(entrySeq: number): ScanStep {
    const { entry } = this.feed;
    const one = { fromSeq: entrySeq, toSeq: entrySeq + 1 };
    if (entry.kind !== EntryKind.DeadLetter || !this.feed.checkBody()) {
      return { kind: 'damaged', ...one };
    }
    const isWanted = this.#times === undefined || this.#times.includes(entry.receivedNs);
    return isWanted ? { kind: 'letter', entrySeq } : { kind: 'other', ...one };
  }

  #range(fromSeq: number, toSeq: number): { readonly fromSeq: number; readonly toSeq: number } {
    return { fromSeq, toSeq: Math.min(Math.max(toSeq, fromSeq + 1), this.endSeq) };
  }
}
