// The replay thread's work, one step after the other, without a thread: what the vault says, what
// the shards say, then each consumer for a little while. Who calls step() sleeps as long as it
// says, or until somebody rings.

import { assert } from '../assert.ts';
import type { ThreadRing } from '../memory/thread-ring.ts';
import { ringRecordWords } from '../memory/thread-ring.ts';
import { DurableEnd } from '../memory/vault-page.ts';
import type { Zone } from '../memory/zone-word.ts';
import { DoneKind, NoticeKind, sequenceOf, type VaultAnswer } from '../vault/hand-over.ts';
import { ReplayState } from '../vault/replay-state.ts';
import { ByteAllowance } from './byte-allowance.ts';
import type { ConsumerReplay, DoneRecord } from './consumer-replay.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { ReplayOutlet } from './replay-outlet.ts';
import { type PaceLimits, pauseEnds, replayRate } from './replay-pace.ts';
import { ReplayRamp } from './replay-ramp.ts';
import type { ReplayTurn } from './replay-turn.ts';

export type RingIn = Pick<ThreadRing, 'pop'>;

export interface ReplayerParts {
  readonly consumers: readonly ConsumerReplay[];
  readonly letters: DeadLetters;
  readonly limits: PaceLimits;
  /** From the vault thread: notices, and answers to dead letters. */
  readonly notices: RingIn;
  readonly letterAnswers: RingIn;
  readonly outlet: ReplayOutlet;
  /** By shard. */
  readonly dones: readonly RingIn[];
  readEnd(end: DurableEnd): void;
  zone(): Zone;
  /** Reading it now would hold up others. */
  isDiskBusy(): boolean;
  /** Of the vault's limit. */
  usePercent(): number;
  /** The pause that was asked for has ended by itself. */
  pauseEnded(usePercent: number): void;
  /** Nobody asks for what is below any more. */
  forgetBelow(entrySeq: number): void;
}

/** A stop is waited for. */
const stoppingMs = 50;
/** Zone and use of the vault change without a word to us; looking costs a fifth of a ms. */
const lookAgainMs = 250;
/** With nothing to hand out, whoever has something rings. */
const idleMs = 1_000;

export class Replayer {
  readonly parts: ReplayerParts;
  readonly end = new DurableEnd();
  /** How fast; may be changed between two steps. */
  limits: PaceLimits;
  readonly #record = new Uint32Array(ringRecordWords);
  readonly #allowance: ByteAllowance;
  readonly #ramp: ReplayRamp;
  /** Whose turn is first: the rate is shared by all. */
  #first = 0;
  #isPaused = false;
  #isDraining = false;
  #stopping = false;

  constructor(parts: ReplayerParts, nowMs: number) {
    this.parts = parts;
    this.limits = parts.limits;
    this.#allowance = new ByteAllowance(nowMs);
    this.#ramp = new ReplayRamp(nowMs);
  }

  /** By command; a zone holds the replay without this. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** While it is on, a pause waits for its end. */
  drain(isOn: boolean): void {
    this.#isDraining = isOn;
  }

  /** Hands nothing out any more; step() goes on until isStopped. */
  stop(): void {
    this.#stopping = true;
    for (const consumer of this.parts.consumers) consumer.stop();
  }

  /** Nothing is out, and the vault thread knows everything. */
  get isStopped(): boolean {
    const { consumers, letters } = this.parts;
    if (!this.#stopping || letters.outCount > 0) return false;
    return consumers.every((consumer) => consumer.isStopped);
  }

  get outCount(): number {
    return this.parts.consumers.reduce((sum, { outCount }) => sum + outCount, 0);
  }

  get state(): ReplayState {
    if (this.#stopping) return ReplayState.Stopped;
    if (this.#holds) return ReplayState.Paused;
    return this.rateBytesPerSecond === 0 ? ReplayState.Held : ReplayState.Running;
  }

  /** Bytes per second that zone and limits allow now. */
  get rateBytesPerSecond(): number {
    const { parts } = this;
    return replayRate(this.limits, {
      zone: parts.zone(),
      isDiskBusy: parts.isDiskBusy(),
      usePercent: parts.usePercent(),
      isPaused: this.#holds,
    });
  }

  get #holds(): boolean {
    return this.#isPaused && !this.#isDraining;
  }

  /** Ms until it wants to run again, if nobody rings before; 0: at once. */
  step(nowMs: number): number {
    const { parts, end } = this;
    // The end first: who holds an entry is said before the entry is durable.
    parts.readEnd(end);
    this.#takeNotices();
    const turn: ReplayTurn = { nowMs, end, allowance: this.#allowance };
    this.#takeDones(turn);
    this.#takeLetterAnswers(nowMs);
    this.#endPause();
    const rate = this.#ramp.rate(nowMs, this.rateBytesPerSecond, this.outCount > 0);
    this.#allowance.setRate(rate, nowMs);
    const waitMs = this.#work(turn);
    this.#forget();
    parts.outlet.wake();
    return Math.min(waitMs, this.#lookAgainMs());
  }

  #work(turn: ReplayTurn): number {
    const { consumers, outlet } = this.parts;
    let waitMs = Number.POSITIVE_INFINITY;
    for (let turned = 0; turned < consumers.length; turned += 1) {
      const consumer = consumers[(this.#first + turned) % consumers.length]!; // inside
      waitMs = Math.min(waitMs, consumer.work(turn, outlet.settles));
    }
    this.#first = (this.#first + 1) % Math.max(1, consumers.length);
    return waitMs;
  }

  #lookAgainMs(): number {
    if (this.#stopping) return stoppingMs;
    const { consumers } = this.parts;
    const hasBacklog = consumers.some(
      ({ parts }) => parts.ledger.cursor.watermark < this.end.entryEnd,
    );
    return hasBacklog ? lookAgainMs : idleMs;
  }

  #takeNotices(): void {
    const record = this.#record;
    while (this.parts.notices.pop(record)) {
      const entrySeq = sequenceOf(record[1]!, record[2]!); // eight words
      if (record[0] === NoticeKind.DroppedBelow) {
        for (const { parts } of this.parts.consumers) parts.ledger.dropBelow(entrySeq);
        continue;
      }
      assert(record[0] === NoticeKind.Held, 'notice of no kind');
      const masks = record[3]!;
      this.#noteHeld(entrySeq, masks & 0xffff, masks >>> 16);
    }
  }

  #noteHeld(entrySeq: number, heldMask: number, settledMask: number): void {
    const { consumers } = this.parts;
    for (let index = 0; index < consumers.length; index += 1) {
      const consumer = consumers[index]!; // inside
      if ((settledMask >>> index) & 1) consumer.alreadyDelivered(entrySeq);
      if ((heldMask >>> index) & 1) consumer.held(entrySeq);
    }
  }

  #takeDones(turn: ReplayTurn): void {
    const record = this.#record;
    for (const ring of this.parts.dones) {
      while (ring.pop(record)) {
        const consumer = this.parts.consumers[record[2]!]; // eight words, as below
        assert(consumer !== undefined, 'answer for no consumer');
        const done = doneOf(record);
        if (done.kind === DoneKind.LiveSettled || done.kind === DoneKind.LiveReleased) {
          // That it is held was said before, on another ring.
          this.#takeNotices();
          if (done.kind === DoneKind.LiveSettled) consumer.liveSettled(done, turn.end);
          else consumer.liveReleased(done.entrySeq, turn.end);
        } else {
          consumer.done(done, turn);
        }
      }
    }
  }

  #takeLetterAnswers(nowMs: number): void {
    const record = this.#record;
    while (this.parts.letterAnswers.pop(record)) {
      const answer = record[1]! as VaultAnswer; // eight words; the vault writes one of the set
      const entrySeq = sequenceOf(record[2]!, record[3]!);
      this.parts.letters.answered(record[0]!, answer, nowMs, entrySeq);
    }
  }

  #endPause(): void {
    const usePercent = this.parts.usePercent();
    if (!this.#isPaused || !pauseEnds(usePercent)) return;
    this.#isPaused = false;
    this.parts.pauseEnded(usePercent);
  }

  #forget(): void {
    let lowest = this.end.entryEnd;
    for (const { parts } of this.parts.consumers) {
      lowest = Math.min(lowest, parts.ledger.cursor.watermark);
    }
    this.parts.forgetBelow(lowest);
  }
}

function doneOf(record: Uint32Array): DoneRecord {
  return {
    kind: record[0]! as DoneKind, // eight words; a shard writes one of the set
    token: record[1]!,
    entrySeq: sequenceOf(record[3]!, record[4]!),
    rejectedRecords: record[5]!,
    statusCode: record[6]!,
  };
}
