// Commands of an operator, carried out on the replayer between two steps. One dry run at a time;
// its answer comes when it has read the log through.

import type { ByteView } from '../vault/byte-view.ts';
import { EntryCursor } from '../vault/entry-cursor.ts';
import type { Hash64 } from '../vault/hash64.ts';
import type { EntryReader } from './block-feed.ts';
import { DryRun } from './dry-run.ts';
import { ReceiveTimes } from './receive-times.ts';
import type {
  ReplayAnswer,
  ReplayCommand,
  ReplayOrderName,
  ReplayStatus,
  TimeRange,
} from './replay-command.ts';
import type { Replayer } from './replayer.ts';

export interface ControlParts {
  readonly replayer: Replayer;
  readonly area: ByteView;
  readonly hash: Hash64;
  readonly order: ReplayOrderName;
  /** A place of its own in the log, given back when the dry run is over. */
  openReader(): EntryReader;
}

type Answer = (answer: ReplayAnswer) => void;

interface RunningDryRun {
  readonly run: DryRun;
  readonly answer: Answer;
}

const done: ReplayAnswer = { kind: 'done' };

export class ReplayControl {
  readonly #parts: ControlParts;
  #order: ReplayOrderName;
  #range: TimeRange | undefined;
  #dryRun: RunningDryRun | undefined;

  constructor(parts: ControlParts) {
    this.#parts = parts;
    this.#order = parts.order;
  }

  /** Undefined: the answer comes `later`, once. */
  execute(command: ReplayCommand, later: Answer): ReplayAnswer | undefined {
    const { replayer } = this.#parts;
    switch (command.kind) {
      case 'pause':
        replayer.pause();
        return done;
      case 'resume':
        replayer.resume();
        return done;
      case 'order':
        this.#order = command.order;
        this.#beginAnew();
        return done;
      case 'limits':
        replayer.limits = command.limits;
        return done;
      case 'range':
        if (isEmpty(command.range)) return refused('the time range is empty');
        this.#range = command.range;
        this.#beginAnew();
        return done;
      case 'dry-run':
        return this.#startDryRun(command.consumer, command.range, later);
      default:
        return { kind: 'status', status: this.#status() };
    }
  }

  /** True: there is more to do at once. */
  step(): boolean {
    const running = this.#dryRun;
    if (running === undefined) return false;
    if (!running.run.step(this.#parts.replayer.end)) return true;
    this.#endDryRun(running, { kind: 'estimate', estimate: running.run.estimate });
    return false;
  }

  stop(): void {
    if (this.#dryRun !== undefined) this.#endDryRun(this.#dryRun, refused('shutting down'));
  }

  #beginAnew(): void {
    const { replayer } = this.#parts;
    const times = this.#range && new ReceiveTimes(this.#range);
    for (const { parts } of replayer.parts.consumers) {
      parts.intake.times = times;
      parts.order.reset(this.#order, replayer.end);
      parts.supply.beginAnew();
    }
  }

  #startDryRun(
    index: number,
    range: TimeRange | undefined,
    later: Answer,
  ): ReplayAnswer | undefined {
    const { replayer, area, hash, openReader } = this.#parts;
    const consumer = replayer.parts.consumers[index];
    if (consumer === undefined) return refused(`no consumer ${index}`);
    if (this.#dryRun !== undefined) return refused('a dry run is under way');
    if (isEmpty(range)) return refused('the time range is empty');
    const { ledger, room } = consumer.parts;
    const run = new DryRun({
      cursor: ledger.cursor,
      reader: openReader(),
      walk: new EntryCursor(area, hash),
      room,
      times: range && new ReceiveTimes(range),
      entryEnd: replayer.end.entryEnd,
    });
    this.#dryRun = { run, answer: later };
    return undefined;
  }

  #endDryRun({ run, answer }: RunningDryRun, result: ReplayAnswer): void {
    this.#dryRun = undefined;
    run.close();
    answer(result);
  }

  #status(): ReplayStatus {
    const { replayer } = this.#parts;
    const { entryEnd } = replayer.end;
    const consumers = replayer.parts.consumers.map(({ outCount, parts }) => ({
      unsettled: parts.ledger.cursor.unsettledCount(entryEnd),
      held: parts.ledger.held.size,
      outstanding: outCount,
      deadLetterFull: parts.graveyard.isFull,
      watermark: parts.ledger.cursor.watermark,
    }));
    return { paused: replayer.isPaused, order: this.#order, range: this.#range, consumers };
  }
}

function isEmpty(range: TimeRange | undefined): boolean {
  return range !== undefined && range.fromNs >= range.toNs;
}

function refused(message: string): ReplayAnswer {
  return { kind: 'refused', message };
}
