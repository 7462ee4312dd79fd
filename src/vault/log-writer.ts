// Writes one log: groups of entries, MARK and LOSS, each durable before it is answered. Changes
// files when one is full or has failed, and knows what state that leaves the log in. A group that
// failed is written once more, into a fresh file.

import { assert } from '../assert.ts';
import { DurableEnd } from '../memory/vault-page.ts';
import type { BlockGroup } from './block-group.ts';
import { DiskProbe } from './disk-probe.ts';
import { EntryGroup, type EntryGroupParts } from './entry-group.ts';
import { nextSparePath, reserveSparePath } from './file-names.ts';
import { segmentHeaderSizeBytes, unitSizeBytes } from './format.ts';
import type { GroupPlan } from './group-plan.ts';
import { type PendingEntry, VaultAnswer } from './hand-over.ts';
import { IoFault } from './io-fault.ts';
import { LogPosition } from './log-position.ts';
import { LogState } from './log-state.ts';
import { LossGroup } from './loss-group.ts';
import type { LossRange } from './loss-payload.ts';
import { MarkGroup } from './mark-group.ts';
import { SegmentChain, type SegmentChainParts } from './segment-chain.ts';
import { groupFits, lossBlocks } from './segment-room.ts';
import { type SpareState, Spares } from './spares.ts';
import { WriteFailure, writeFailureOf } from './write-failure.ts';
import { WriterCounts } from './writer-counts.ts';

/** Acked: durable. The others as the producers are to be answered. */
export type CommitResult = Exclude<VaultAnswer, typeof VaultAnswer.Closed>;

export interface LogWriterParts
  extends Omit<SegmentChainParts, 'position' | 'spares' | 'counts'>,
    EntryGroupParts {
  /**
   * True, the main log: groups never take reserve.spare. False, the dead letters: they do, and room
   * for a LOSS of one unit is left in each segment instead.
   */
  readonly keepsReserve: boolean;
}

/** A group that fails in one file is written again into another one, and not into a third. */
const attemptsMax = 2;

/** Of a segment: a large group ends it that much before it is full. */
const spareMarginShare = 1 / 4;

export class LogWriter {
  readonly counts = new WriterCounts();
  /**
   * How far everything is durable. Any call that writes can move it: forwards when something became
   * durable, to no live segment when a file failed. The object stays the same.
   */
  readonly end = new DurableEnd();
  readonly #parts: LogWriterParts;
  readonly #position: LogPosition;
  readonly #probe: DiskProbe;
  readonly #spares: Spares;
  readonly #chain: SegmentChain;
  readonly #entryGroup: EntryGroup;
  readonly #lossGroup: LossGroup;
  readonly #markGroup = new MarkGroup();
  #state: LogState = LogState.Ok;
  #lastFault: IoFault = IoFault.None;
  #needsMark = false;

  constructor(parts: LogWriterParts) {
    const { folder, buffers, origin, direct } = parts;
    assert(parts.capacityBytes % unitSizeBytes === 0, 'capacity is not a whole number of units');
    this.#parts = parts;
    const position = new LogPosition(origin);
    const probe = new DiskProbe(folder, buffers, direct);
    const spares = new Spares({ ...parts, probe });
    this.#position = position;
    this.#probe = probe;
    this.#spares = spares;
    this.#chain = new SegmentChain({ ...parts, position, spares, counts: this.counts });
    this.#entryGroup = new EntryGroup(parts);
    this.#lossGroup = new LossGroup(buffers.area);
    this.#publish();
  }

  get state(): LogState {
    return this.#state;
  }

  /** Of the disk, the last one; None: it never failed. */
  get lastFault(): IoFault {
    return this.#lastFault;
  }

  get spareState(): SpareState {
    return this.#spares.state;
  }

  get spareBytes(): number {
    return this.#spares.sizeBytes;
  }

  /** The next rotation may come before the slices that groups bring with them have filled both. */
  get needsSpareSoon(): boolean {
    const marginBytes = this.#parts.capacityBytes * spareMarginShare;
    return this.#spares.missingBytes + marginBytes > this.#chain.roomBytes;
  }

  /** What the live file takes of the limit. */
  get liveBytes(): number {
    return this.#chain.live?.capacityBytes ?? 0;
  }

  /** Floors, and the durable end, for META and cursors. */
  get position(): Readonly<LogPosition> {
    return this.#position;
  }

  /** Once, first: takes the spares that an earlier life left complete, removes the unfinished. */
  adoptSpares(): IoFault {
    return this.#spares.adopt();
  }

  /** Could a segment hold this group at all? */
  holds(plan: GroupPlan): boolean {
    return this.#segmentHolds(plan.sizeBytesMax, plan.blockCount);
  }

  /**
   * One group: the first `count` of `entries`, as planned, which get their numbers. Acked: all of
   * it is durable. Anything else: it is not part of the log, though a crash before the next group
   * can bring it back.
   */
  commit(entries: readonly PendingEntry[], count: number, plan: GroupPlan): CommitResult {
    assert(count === plan.entryCount, 'plan of another group');
    if (!this.holds(plan)) return VaultAnswer.TooLarge;
    if (this.#state === LogState.Full) this.#leaveFull();
    if (this.#state === LogState.Full) return VaultAnswer.Full;
    const group = this.#entryGroup.of(entries, plan);
    const result = this.#append(group, !this.#parts.keepsReserve);
    if (result !== VaultAnswer.Acked) return result;
    this.counts.committed(entries, count);
    this.#needsMark = true;
    return result;
  }

  /** No durable header says yet that the last group is durable. */
  get needsMark(): boolean {
    return this.#needsMark;
  }

  /** When the vault has been idle for a while. */
  mark(): CommitResult {
    if (!this.#needsMark) return VaultAnswer.Acked;
    const result = this.#append(this.#markGroup, true);
    if (result === VaultAnswer.Acked) this.counts.marks += 1;
    return result;
  }

  /** One block of the first `count` ranges. Also in a full log. */
  appendLoss(ranges: readonly LossRange[], count: number): CommitResult {
    const group = this.#lossGroup.of(ranges, count);
    if (!this.#segmentHolds(group.sizeBytesMax, 1)) return VaultAnswer.TooLarge;
    const result = this.#append(group, true);
    if (result === VaultAnswer.Acked) this.counts.losses += 1;
    return result;
  }

  /** Cuts the file that was sealed, then writes up to `sliceCount` MiB of spares. True: more now. */
  background(sliceCount: number): boolean {
    if (this.#state === LogState.ReadOnly) return false;
    this.#note(this.#chain.cut());
    const hasMore = this.#spares.fill(sliceCount);
    this.#note(this.#spares.fault);
    if (this.#state === LogState.Full) this.#leaveFull();
    return hasMore;
  }

  /** For what must be written although the disk is full. False: there is none. */
  giveUpSpare(): boolean {
    return this.#state !== LogState.ReadOnly && this.#spares.giveUp();
  }

  /** False: there is no trailer, and the next start walks the file. */
  seal(): boolean {
    if (this.#state === LogState.ReadOnly) return false;
    const fault = this.#chain.live === undefined ? IoFault.None : this.#sealLive();
    this.#note(this.#chain.cut());
    return fault === IoFault.None;
  }

  /** When read-only: does the disk take writes again? If so, it goes on in a fresh segment. */
  probe(): boolean {
    assert(this.#state === LogState.ReadOnly, 'probes a disk that takes writes');
    const fault = this.#probe.writeAndReadBack();
    this.#note(fault);
    if (fault === IoFault.None) this.#state = LogState.Ok;
    return fault === IoFault.None;
  }

  /** The lock is lost: files are somebody else's by now, nothing is written or unlinked. */
  becomeReadOnly(): void {
    this.#state = LogState.ReadOnly;
    this.close();
  }

  /** Gives back the descriptors; the live segment ends where it is durable. */
  close(): void {
    this.#chain.close();
    this.#spares.close();
    this.#publish();
  }

  #segmentHolds(sizeBytesMax: number, blockCount: number): boolean {
    const { capacityBytes } = this.#parts;
    return groupFits(capacityBytes, segmentHeaderSizeBytes, 0, sizeBytesMax, blockCount);
  }

  #append(group: BlockGroup, takesReserve: boolean): CommitResult {
    if (this.#state === LogState.ReadOnly) return VaultAnswer.ReadOnly;
    const result = this.#appendOrGiveUp(group, takesReserve);
    this.#publish();
    return result;
  }

  #appendOrGiveUp(group: BlockGroup, takesReserve: boolean): CommitResult {
    let firstEntrySeq = -1; // numbers are given when there is a file for them
    for (let attempt = 0; ; attempt += 1) {
      let fault = this.#makeRoom(group, takesReserve);
      const { live } = this.#chain;
      if (fault === IoFault.None) {
        assert(live !== undefined, 'room without a file');
        const isRewritten = firstEntrySeq !== -1;
        if (!isRewritten) firstEntrySeq = this.#position.takeEntrySeqs(group.entryCount);
        fault = live.append(group, firstEntrySeq, isRewritten);
        if (fault === IoFault.None) return this.#appended(isRewritten);
        fault = this.#probe.causeOf(fault);
        this.#chain.poison();
      }
      this.#note(fault);
      const failure = writeFailureOf(fault);
      if (failure === WriteFailure.Rewrite && attempt + 1 < attemptsMax) continue;
      if (firstEntrySeq !== -1) this.counts.givenUpEntries += group.entryCount;
      return this.#giveUp(failure);
    }
  }

  /** None: the live segment takes the group. */
  #makeRoom(group: BlockGroup, takesReserve: boolean): IoFault {
    const keepsLossRoom = !this.#parts.keepsReserve && group.entryCount > 0;
    const { live } = this.#chain;
    if (live?.takes(group, keepsLossRoom && live.endBytes > 0 ? lossBlocks : 0))
      return IoFault.None;
    // First the spare: without one the live segment stays open for what is smaller.
    const spare = this.#spares.finishNext();
    const isReserve = spare !== IoFault.None;
    if (isReserve && !(takesReserve && this.#spares.isReady(reserveSparePath))) return spare;
    const sealed = live === undefined ? IoFault.None : this.#sealLive();
    if (sealed !== IoFault.None) return sealed;
    return this.#chain.open(isReserve ? reserveSparePath : nextSparePath);
  }

  #sealLive(): IoFault {
    const fault = this.#chain.seal();
    if (fault === IoFault.None) this.#needsMark = false;
    else this.#note(fault);
    this.#publish();
    return this.#probe.causeOf(fault);
  }

  #appended(isRewritten: boolean): CommitResult {
    if (isRewritten) this.counts.rewrittenGroups += 1;
    // Its header says that what came before is durable; commit() knows whether it has entries.
    this.#needsMark = false;
    return VaultAnswer.Acked;
  }

  #giveUp(failure: WriteFailure): CommitResult {
    if (failure === WriteFailure.Full) {
      this.#state = LogState.Full;
      return VaultAnswer.Full;
    }
    this.#state = LogState.ReadOnly;
    this.#chain.close(); // what comes after a probe goes into a fresh segment
    return VaultAnswer.ReadOnly;
  }

  #leaveFull(): void {
    const isReady =
      this.#spares.isReady(nextSparePath) ||
      (!this.#parts.keepsReserve && this.#spares.isReady(reserveSparePath));
    if (isReady) this.#state = LogState.Ok;
  }

  #note(fault: IoFault): void {
    if (fault !== IoFault.None) this.#lastFault = fault;
  }

  #publish(): void {
    const { live } = this.#chain;
    this.end.liveSegmentId = live?.segmentId ?? 0;
    this.end.endBytes = live?.endBytes ?? 0;
    this.end.blockSeq = this.#position.durableSeq;
    this.end.entryEnd = this.#position.durableEntryEnd;
  }
}
