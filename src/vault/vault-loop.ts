// The vault thread's one loop, as steps without a thread: what waits is committed as a group, then
// answered; what is settled goes to the cursors; whatever nobody waits for is done when nothing
// waits. The same over a simulated disk and a clock that moves by hand.

import { unreachable } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { MiB } from '../limits.ts';
import type { VaultLinks } from '../memory/vault-links.ts';
import type { ZonePage } from '../memory/zone-page.ts';
import type { CursorSet } from './cursor-set.ts';
import { type EntryNotesParts, noteDurable } from './entry-notes.ts';
import { GroupAnswers } from './group-answers.ts';
import { GroupIntake } from './group-intake.ts';
import { type SettleKind, sequenceOf, VaultAnswer, VaultLogId } from './hand-over.ts';
import { type GateParts, intakeGate } from './intake-gates.ts';
import type { FinishedSegment } from './log-origin.ts';
import { LogState } from './log-state.ts';
import type { LogWriter } from './log-writer.ts';
import type { SegmentList } from './segment-list.ts';
import { SpareFilling } from './spare-filling.ts';
import { spareRetryDelayMs } from './spares.ts';
import { isNoRoom } from './write-failure.ts';

/** The main log or the dead letters. */
export interface VaultLog {
  readonly writer: LogWriter;
  readonly segments: SegmentList;
  /** False: it may only be read, whatever the disk takes. */
  readonly isWritable: boolean;
  /** META, before the segment of the highest numbers goes. */
  makeFloorsDurable(): boolean;
}

export interface VaultLoopParts extends EntryNotesParts, GateParts {
  readonly clock: Clock;
  readonly links: VaultLinks;
  readonly zones: ZonePage;
  readonly main: VaultLog;
  readonly dead: VaultLog;
  readonly cursors: CursorSet;
  readonly cursorIntervalMs: number;
  /** Makes room by dropping what is oldest; undefined: producers are refused. */
  readonly dropOldest: ((answers: GroupAnswers) => boolean) | undefined;
  /** The same for the dead letters; undefined: their destination is held. */
  readonly dropOldestLetters: (() => boolean) | undefined;
  holdsLock(): boolean;
  wake(shardIndex: number): void;
  publishStatus(): void;
}

/** A group that nothing follows is marked durable after so long. */
const markIdleMs = 100;
const lockCheckMs = 10_000;
const statusIntervalMs = 100;
const probeMsMin = 1_000;
const probeMsMax = 30_000;
const deletionsPerStep = 4; // no producer waits for a long unlink

export class VaultLoop {
  readonly #parts: VaultLoopParts;
  readonly #intake: GroupIntake;
  readonly #answers: GroupAnswers;
  readonly #spareFilling: SpareFilling;
  readonly #record = new Uint32Array(8);
  #published = true;
  /** False: a vault that may only be read, or the lock is lost and files may be somebody else's. */
  #mayWrite: boolean;
  #lastGroupMs: number;
  #cursorsWrittenMs: number;
  #lockCheckedMs: number;
  #lockCheckedSegmentId = 0;
  #statusMs: number;
  #probeAtMs = 0;
  #dropAgainAtMs = 0;
  #probeDelayMs = probeMsMin;
  #shownState: LogState = LogState.Ok;
  #isStatusStale = false;

  constructor(parts: VaultLoopParts) {
    const { links, area, page, clock, zones } = parts;
    const rings = Array.from({ length: links.producerCount }, (_, index) => links.toVault(index));
    this.#parts = parts;
    this.#answers = new GroupAnswers(links, page, zones.zone, (shard) => parts.wake(shard));
    this.#intake = new GroupIntake(rings, area, intakeGate(parts, this.#answers));
    this.#spareFilling = new SpareFilling(zones, [parts.main.writer, parts.dead.writer]);
    this.#lastGroupMs = clock.nowMs();
    this.#cursorsWrittenMs = this.#lastGroupMs;
    this.#lockCheckedMs = this.#lastGroupMs;
    this.#statusMs = this.#lastGroupMs;
    this.#mayWrite = parts.main.isWritable && parts.holdsLock();
    page.publishEnd(parts.main.writer.end);
  }

  /** One turn. Milliseconds until the next, unless the bell rings before; 0: at once. */
  step(): number {
    const settled = this.#takeSettles();
    const committed = this.#intake.gather();
    if (committed) this.#commit();
    else if (!this.#published) this.#published = this.#publish();
    const nowMs = this.#parts.clock.nowMs();
    if (committed || settled) this.#isStatusStale = true;
    if (this.#isStatusStale && nowMs - this.#statusMs >= statusIntervalMs) this.#showStatus(nowMs);
    if (nowMs - this.#lockCheckedMs >= lockCheckMs) this.#checkLock();
    this.#writeCursors(nowMs);
    if (!committed && !settled && !this.#intake.waits) return this.#idle(nowMs);
    // Not only when idle: a vault that is always busy must not fill up with what is settled.
    this.#deleteSettled(1);
    return 0;
  }

  /** Commits what waits, writes the cursors, seals. */
  close(): void {
    const { main, dead, cursors } = this.#parts;
    this.#checkLock();
    while (this.#takeSettles());
    while (this.#intake.gather()) this.#commit();
    if (this.#mayWrite) {
      cursors.writeThrough(main.writer.end);
      for (const { writer } of [main, dead]) writer.seal();
      for (const { segments } of [main, dead]) segments.flush();
    }
    this.#showStatus(this.#parts.clock.nowMs());
  }

  #commit(): void {
    const { entries, count, plan, log } = this.#intake;
    const { share } = this.#parts;
    const { writer } = this.#log(log);
    const rawSizeBytes = plan.rawSizeBytes;
    let result = writer.commit(entries, count, plan);
    while (result === VaultAnswer.Full && this.#makeRoom(log)) {
      result = writer.commit(entries, count, plan);
    }
    const { end } = writer;
    const isKept = result === VaultAnswer.Acked && log === VaultLogId.Main;
    if (isKept) share?.committed(entries, count, end);
    if (result === VaultAnswer.Acked) noteDurable(this.#parts, log, entries, count);
    this.#answers.answer(entries, count, result);
    this.#published = this.#publish();
    this.#lastGroupMs = this.#parts.clock.nowMs();
    const { liveSegmentId } = end;
    if (log === VaultLogId.Main && liveSegmentId !== this.#lockCheckedSegmentId) {
      this.#lockCheckedSegmentId = liveSegmentId;
      this.#checkLock();
    }
    // Spares keep up with what comes in, however busy it is.
    writer.background(Math.ceil(rawSizeBytes / MiB));
    // At once: shards go elsewhere with the next batch.
    if (writer.state !== this.#shownState) this.#showStatus(this.#lastGroupMs);
  }

  /** True: something was dropped, so that trying again may help. */
  #makeRoom(log: VaultLogId): boolean {
    const { dropOldest, dropOldestLetters } = this.#parts;
    if (log === VaultLogId.DeadLetter) return dropOldestLetters?.() ?? false;
    return dropOldest?.(this.#answers) ?? false;
  }

  #publish(): boolean {
    return this.#answers.publish(this.#parts.main.writer.end);
  }

  #takeSettles(): boolean {
    const { links, cursors } = this.#parts;
    let taken = false;
    while (links.replayToVault.pop(this.#record)) {
      const [what = 0, low = 0, high = 0, count = 0] = this.#record;
      // The replay thread writes nothing but a SettleKind there.
      cursors.settle(what >>> 8, (what & 0xff) as SettleKind, sequenceOf(low, high), count);
      taken = true;
    }
    return taken;
  }

  #writeCursors(nowMs: number): void {
    const { cursors, cursorIntervalMs } = this.#parts;
    if (!this.#mayWrite || !cursors.isDirty) return;
    if (nowMs - this.#cursorsWrittenMs < cursorIntervalMs) return;
    this.#cursorsWrittenMs = nowMs;
    const { writer } = this.#parts.main;
    let fault = cursors.writeDirty(writer.end);
    // Progress comes before new entries: without it nothing is ever deleted on a disk that is full.
    while (isNoRoom(fault) && writer.giveUpSpare()) fault = cursors.writeDirty(writer.end);
  }

  #checkLock(): void {
    const { main, dead, clock, holdsLock } = this.#parts;
    this.#lockCheckedMs = clock.nowMs();
    this.#isStatusStale = true; // others take room on the disk also while nothing happens here
    if (!this.#mayWrite || holdsLock()) return;
    this.#mayWrite = false;
    for (const { writer } of [main, dead]) writer.becomeReadOnly();
    this.#showStatus(this.#lockCheckedMs);
  }

  // What nobody waits for. Returns how long it can rest.
  #idle(nowMs: number): number {
    const { main, dead, cursors, cursorIntervalMs } = this.#parts;
    if (this.#deleteSettled(deletionsPerStep)) return 0;
    if (this.#dropAgain(nowMs)) return 0;
    if (this.#probe(nowMs)) return 0;
    const untilSpares = this.#spareFilling.step(nowMs);
    this.#isStatusStale ||= untilSpares === 0;
    if (untilSpares === 0) return 0;
    // A full log that has got a spare must say so: no shard asks it again before.
    if (main.writer.state !== this.#shownState) this.#showStatus(nowMs);
    // Unlinks whose sync failed; mostly none.
    if (this.#mayWrite) for (const { segments } of [main, dead]) segments.flush();
    const untilMark = this.#mark(nowMs);
    const untilCursors =
      this.#mayWrite && cursors.isDirty
        ? Math.max(1, this.#cursorsWrittenMs + cursorIntervalMs - nowMs)
        : lockCheckMs;
    const untilStatus = this.#isStatusStale
      ? Math.max(1, this.#statusMs + statusIntervalMs - nowMs)
      : lockCheckMs;
    const untilProbe = this.#probeAtMs > nowMs ? this.#probeAtMs - nowMs : lockCheckMs;
    const retry = this.#published ? lockCheckMs : 10;
    return Math.min(untilMark, untilCursors, untilStatus, untilProbe, untilSpares, retry);
  }

  #mark(nowMs: number): number {
    const dueMs = this.#lastGroupMs + markIdleMs;
    let untilMs = lockCheckMs;
    for (const { writer } of [this.#parts.main, this.#parts.dead]) {
      // A full log has room for it, and needs it as much.
      if (writer.state === LogState.ReadOnly || !writer.needsMark) continue;
      if (nowMs < dueMs) untilMs = Math.min(untilMs, dueMs - nowMs);
      else {
        writer.mark();
        this.#published = this.#publish();
      }
    }
    return Math.max(1, untilMs);
  }

  // A drop may fail, and shards ask a full vault no more: nobody but this tries again.
  #dropAgain(nowMs: number): boolean {
    const { main } = this.#parts;
    if (main.writer.state !== LogState.Full || nowMs < this.#dropAgainAtMs) return false;
    this.#dropAgainAtMs = nowMs + spareRetryDelayMs;
    if (!this.#makeRoom(VaultLogId.Main)) return false;
    this.#showStatus(nowMs);
    return true;
  }

  #deleteSettled(countMax: number): boolean {
    if (!this.#mayWrite) return false;
    const { main, share, cursors, page } = this.#parts;
    const { segments, makeFloorsDurable } = main;
    const released = ({ firstEntrySeq, entryEnd, sizeBytes }: FinishedSegment) =>
      page.addReleased(entryEnd - firstEntrySeq, sizeBytes);
    const watermark = cursors.lowestDurableWatermark;
    if (segments.deleteBelow(watermark, countMax, makeFloorsDurable, released) === 0) return false;
    share?.keepFrom(segments.oldestId);
    segments.flush();
    this.#showStatus(this.#parts.clock.nowMs());
    return true;
  }

  // A disk that refused writes is asked again, at growing distances.
  #probe(nowMs: number): boolean {
    const { main, dead } = this.#parts;
    const stuck = [main, dead].filter(
      ({ isWritable, writer }) => isWritable && writer.state === LogState.ReadOnly,
    );
    if (stuck.length === 0 || !this.#mayWrite) {
      this.#probeDelayMs = probeMsMin;
      this.#probeAtMs = 0;
      return false;
    }
    if (this.#probeAtMs === 0) this.#probeAtMs = nowMs + this.#probeDelayMs;
    if (nowMs < this.#probeAtMs) return false;
    const recovered = stuck.every(({ writer }) => writer.probe());
    this.#probeDelayMs = Math.min(2 * this.#probeDelayMs, probeMsMax);
    this.#probeAtMs = nowMs + this.#probeDelayMs;
    this.#showStatus(nowMs);
    return recovered;
  }

  #showStatus(nowMs: number): void {
    this.#statusMs = nowMs;
    this.#isStatusStale = false;
    this.#shownState = this.#parts.main.writer.state;
    this.#parts.publishStatus();
  }

  #log(log: VaultLogId): VaultLog {
    switch (log) {
      case VaultLogId.Main:
        return this.#parts.main;
      case VaultLogId.DeadLetter:
        return this.#parts.dead;
      default:
        return unreachable(log, 'log of the vault');
    }
  }
}
