// Questions and orders of operators for the replay thread: each goes with a number, and comes back
// as a promise. The thread answers between two steps of its work; while it waits for a disk that
// does not answer, neither does it.

import { assert, unreachable } from '../assert.ts';
import type { Clock } from '../clock.ts';
import type { ReplayConfig } from '../config/config.ts';
import { type ErrorCode, GopherShipError } from '../errors.ts';
import { replayQuestionsMax } from '../limits.ts';
import type { LetterCommand, LetterOutcome } from '../replayer/letter-command.ts';
import type {
  RefusalKind,
  ReplayAnswer,
  ReplayCommand,
  ReplayEstimate,
  ReplayPlan,
  ReplayStatus,
  TimeRange,
} from '../replayer/replay-command.ts';
import type { ReplayEnd } from './replay-messages.ts';

export interface DeskParts {
  readonly clock: Clock;
  /** To the thread; the id comes back with the answer. */
  tell(id: number, command: ReplayCommand): void;
}

export interface Estimated {
  readonly estimate: ReplayEstimate;
  /** False: it was ended before all was read. */
  readonly isComplete: boolean;
}

type EndListener = (what: ReplayEnd, usePercent: number) => void;

interface Question {
  /** True: there are no more answers to come. */
  answered(answer: ReplayAnswer): boolean;
  failed(error: GopherShipError): void;
}

/** All of them reject with a GopherShipError for what cannot be done, or not now. */
export class ReplayDesk {
  readonly #parts: DeskParts;
  readonly #open = new Map<number, Question>();
  readonly #listeners: EndListener[] = [];
  #lastId = 0;
  #isClosed = false;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  async status(): Promise<ReplayStatus> {
    const answer = await this.#ask({ kind: 'status' });
    assert(answer.kind === 'status', 'another answer than a status');
    return answer.status;
  }

  async start(plan: ReplayPlan): Promise<void> {
    await this.#ask({ kind: 'plan', plan });
  }

  async pause(): Promise<void> {
    await this.#ask({ kind: 'pause' });
  }

  async resume(): Promise<void> {
    await this.#ask({ kind: 'resume' });
  }

  /** Not waited for: it is done when the thread comes to it. */
  drain(isOn: boolean): void {
    this.#tell({ kind: 'drain', isOn });
  }

  configure({ order, ...limits }: ReplayConfig): void {
    this.#tell({ kind: 'configure', limits, order });
  }

  /** @param signal ends it; the result is then what was counted */
  estimate(
    range: TimeRange | undefined,
    counting: (soFar: ReplayEstimate) => void,
    signal: AbortSignal,
  ): Promise<Estimated> {
    const { promise, resolve, reject } = Promise.withResolvers<Estimated>();
    const key = this.#lastId + 1;
    const end = () => this.#tell({ kind: 'end-dry-run', key });
    const isOwn = this.#put(
      { kind: 'dry-run', key, range },
      {
        answered(answer) {
          if (answer.kind === 'counting') {
            counting(answer.estimate);
            return false;
          }
          signal.removeEventListener('abort', end);
          if (answer.kind === 'estimate') resolve(answer);
          else reject(unexpected(answer));
          return true;
        },
        failed: reject,
      },
    );
    if (isOwn) {
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    }
    return promise;
  }

  /** As long as it takes: letters are read, and perhaps appended. */
  workLetters(
    command: LetterCommand,
    progress: (soFar: LetterOutcome) => void,
  ): Promise<LetterOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<LetterOutcome>();
    this.#put(command, {
      answered(answer) {
        if (answer.kind === 'letters' && !answer.isOver) {
          progress(answer.outcome);
          return false;
        }
        if (answer.kind === 'letters') resolve(answer.outcome);
        else reject(unexpected(answer));
        return true;
      },
      failed: reject,
    });
    return promise;
  }

  /** Called when what an operator had set is over by itself. */
  onEnded(listener: EndListener): void {
    this.#listeners.push(listener);
  }

  /** The thread has said so. */
  ended(what: ReplayEnd, usePercent: number): void {
    for (const listener of this.#listeners) listener(what, usePercent);
  }

  /** What the thread has said. */
  answered(id: number, answer: ReplayAnswer): void {
    // What nobody waits for any more, or never did.
    if (this.#open.get(id)?.answered(answer)) this.#open.delete(id);
  }

  /** The thread stops: nobody is answered any more. */
  close(): void {
    this.#isClosed = true;
    for (const question of this.#open.values()) question.failed(stopping());
    this.#open.clear();
  }

  #ask(command: ReplayCommand): Promise<ReplayAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<ReplayAnswer>();
    const id = this.#lastId + 1;
    const timer = this.#parts.clock.after(answerMsMax, () => {
      this.#open.delete(id);
      reject(late());
    });
    this.#put(command, {
      answered(answer) {
        timer.cancel();
        if (answer.kind === 'refused') reject(refusal(answer.why, answer.message));
        else resolve(answer);
        return true;
      },
      failed(error) {
        timer.cancel();
        reject(error);
      },
    });
    return promise;
  }

  /** False: it has failed already. */
  #put(command: ReplayCommand, question: Question): boolean {
    this.#lastId += 1;
    const isFull = this.#open.size >= replayQuestionsMax;
    if (this.#isClosed || isFull) {
      question.failed(this.#isClosed ? stopping() : tooMany());
      return false;
    }
    this.#open.set(this.#lastId, question);
    this.#parts.tell(this.#lastId, command);
    return true;
  }

  #tell(command: ReplayCommand): void {
    this.#lastId += 1;
    if (!this.#isClosed) this.#parts.tell(this.#lastId, command);
  }
}

/** Its steps take milliseconds; one waits for the disk as long as that takes. */
const answerMsMax = 3_000;

function refusal(why: RefusalKind, message: string): GopherShipError {
  return new GopherShipError(codeOf(why), message);
}

function codeOf(why: RefusalKind): ErrorCode {
  switch (why) {
    case 'busy':
      return 'CONTROL_BUSY';
    case 'conflict':
      return 'CONTROL_CONFLICT';
    case 'invalid':
      return 'CONTROL_INVALID';
    default:
      return unreachable(why, 'kind of refusal');
  }
}

function unexpected(answer: ReplayAnswer): GopherShipError {
  assert(answer.kind === 'refused', 'another answer than an estimate');
  return refusal(answer.why, answer.message);
}

function late(): GopherShipError {
  const seconds = answerMsMax / 1_000;
  const message = `the replay has not answered for ${seconds} s, as it waits for the disk; what was asked for may yet be done`;
  return new GopherShipError('CONTROL_BUSY', message);
}

function tooMany(): GopherShipError {
  const message = `${replayQuestionsMax} questions wait for the replay, which is as many as may be`;
  return new GopherShipError('CONTROL_BUSY', message);
}

function stopping(): GopherShipError {
  return new GopherShipError('DRAINING', 'the engine stops');
}
