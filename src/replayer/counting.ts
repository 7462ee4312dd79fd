// A dry run that is under way: when it may read, when it says how far it is, and that it ends. The
// disk is the producers' in Red, and shared with them while the host is under pressure.

import type { DurableEnd } from '../memory/vault-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { type DryRun, DryRunStep } from './dry-run.ts';
import type { ReplayAnswer } from './replay-command.ts';

export interface CountingParts {
  /** Of whoever asked for it. */
  readonly key: number;
  readonly run: DryRun;
  readonly startMs: number;
  answer(answer: ReplayAnswer): void;
  zone(): Zone;
  isDiskBusy(): boolean;
  /** What is ready for the room that the run reads into goes back to the disk. */
  freeRoom(): void;
}

const tellMs = 1_000;
/** A replay that moves gives room back sooner. */
const roomPatienceMs = 500;

export class Counting {
  readonly #parts: CountingParts;
  #toldMs: number;
  /** Since when there is no room; Infinity: there is. */
  #noRoomMs = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(parts: CountingParts) {
    this.#parts = parts;
    this.#toldMs = parts.startMs;
  }

  get key(): number {
    return this.#parts.key;
  }

  /** It has been answered for the last time. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** True: there is more to do at once. */
  step(end: DurableEnd, nowMs: number): boolean {
    const { run, zone, isDiskBusy, answer } = this.#parts;
    if (nowMs - this.#toldMs >= tellMs) {
      this.#toldMs = nowMs;
      answer({ kind: 'counting', estimate: run.estimate });
    }
    if (zone() === Zone.Red) {
      run.rest();
      return false;
    }
    const step = run.step(end);
    if (step === DryRunStep.Done || step === DryRunStep.Cut) {
      this.#end(step === DryRunStep.Done);
      return false;
    }
    if (step === DryRunStep.NoRoom) this.#waitForRoom(nowMs);
    else this.#noRoomMs = Number.POSITIVE_INFINITY;
    return step === DryRunStep.More && zone() === Zone.Green && !isDiskBusy();
  }

  /** Answers with what it has. */
  end(): void {
    if (!this.#isOver) this.#end(false);
  }

  #waitForRoom(nowMs: number): void {
    this.#noRoomMs = Math.min(this.#noRoomMs, nowMs);
    if (nowMs - this.#noRoomMs < roomPatienceMs) return;
    this.#noRoomMs = Number.POSITIVE_INFINITY;
    this.#parts.freeRoom();
  }

  #end(isComplete: boolean): void {
    const { run, answer } = this.#parts;
    this.#isOver = true;
    run.rest();
    answer({ kind: 'estimate', estimate: run.estimate, isComplete });
  }
}
