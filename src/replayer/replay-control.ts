// Commands of an operator, carried out on the replayer between two steps. What an operator sets is
// kept here and nowhere else: it ends with a command, with a configuration that says otherwise, or
// when the vault is nearly full. One dry run at a time.

import { unreachable } from '../assert.ts';
import { Zone } from '../memory/zone-word.ts';
import type { ByteView } from '../vault/byte-view.ts';
import { EntryCursor } from '../vault/entry-cursor.ts';
import type { Hash64 } from '../vault/hash64.ts';
import { Counting } from './counting.ts';
import { type CountingReader, DryRun } from './dry-run.ts';
import type { LetterControl } from './letter-control.ts';
import { ReceiveTimes } from './receive-times.ts';
import {
  noPlan,
  type RefusalKind,
  type ReplayAnswer,
  type ReplayCommand,
  type ReplayOrderName,
  type ReplayPlan,
  type ReplayStatus,
  type TimeRange,
} from './replay-command.ts';
import { limitsAtRate, type PaceLimits, pauseEnds, resumeUsePercent } from './replay-pace.ts';
import type { Replayer } from './replayer.ts';

export interface ControlParts {
  readonly replayer: Replayer;
  readonly area: ByteView;
  readonly hash: Hash64;
  readonly order: ReplayOrderName;
  readonly letters: Pick<LetterControl, 'start' | 'step' | 'stop'>;
  /** A place of its own in the log, given back when the dry run is over. */
  openReader(): CountingReader;
  /** What an operator had set is over, or part of it, without a word of an operator. */
  planEnded(cause: PlanEnd, usePercent: number): void;
}

/** `full`: the vault is nearly full; `configured`: the configuration has changed. */
export type PlanEnd = 'full' | 'configured';

type Answer = (answer: ReplayAnswer) => void;

const done: ReplayAnswer = { kind: 'done' };

export class ReplayControl {
  readonly #parts: ControlParts;
  #limits: PaceLimits;
  #order: ReplayOrderName;
  #plan = noPlan;
  #isDraining = false;
  /** What the consumers go by. */
  #acting: { readonly order: ReplayOrderName; readonly range: TimeRange | undefined };
  #counting: Counting | undefined;

  constructor(parts: ControlParts) {
    this.#parts = parts;
    this.#limits = parts.replayer.limits;
    this.#order = parts.order;
    this.#acting = { order: parts.order, range: undefined };
  }

  /** Undefined: the answer comes `later`, perhaps after others. */
  execute(command: ReplayCommand, nowMs: number, later: Answer): ReplayAnswer | undefined {
    const { replayer } = this.#parts;
    switch (command.kind) {
      case 'pause':
        return this.#refusalToHold() ?? this.#do(() => replayer.pause());
      case 'resume':
        return this.#do(() => replayer.resume());
      case 'plan':
        return this.#refusalOf(command.plan) ?? this.#do(() => this.#follow(command.plan));
      case 'configure':
        return this.#do(() => this.#configure(command.limits, command.order));
      case 'drain':
        return this.#do(() => this.#drain(command.isOn));
      case 'dry-run':
        return this.#startCounting(command, nowMs, later);
      case 'end-dry-run':
        return this.#do(() => this.#endCounting(command.key));
      case 'status':
        return { kind: 'status', status: this.#status() };
      case 'redrive':
      case 'purge':
        return this.#parts.letters.start(command, later);
      default:
        return unreachable(command, 'command');
    }
  }

  /** True: there is more to do at once. */
  step(nowMs: number): boolean {
    this.#endWhatHoldsBack();
    const counting = this.#counting;
    if (counting?.isOver) this.#counting = undefined;
    const hasMore = this.#counting?.step(this.#parts.replayer.end, nowMs) ?? false;
    return this.#parts.letters.step(nowMs) || hasMore;
  }

  stop(): void {
    this.#parts.letters.stop();
    this.#counting?.end();
  }

  #do(act: () => void): ReplayAnswer {
    act();
    return done;
  }

  #follow(plan: ReplayPlan): void {
    this.#plan = plan;
    this.#parts.replayer.resume();
    this.#act(true);
  }

  #configure(limits: PaceLimits, order: ReplayOrderName): void {
    const { order: planned, rateBytesPerSecond, range } = this.#plan;
    this.#limits = limits;
    this.#order = order;
    this.#plan = { ...noPlan, range };
    this.#act(false);
    if (planned === undefined && rateBytesPerSecond === undefined) return;
    this.#parts.planEnded('configured', this.#usePercent);
  }

  #drain(isOn: boolean): void {
    this.#isDraining = isOn;
    this.#parts.replayer.drain(isOn);
    this.#act(false);
  }

  /** Puts plan and configuration into effect. */
  #act(anew: boolean): void {
    const { replayer } = this.#parts;
    const { order = this.#order, rateBytesPerSecond: rate, range } = this.#plan;
    const isPlanned = !this.#isDraining && rate !== undefined;
    replayer.limits = isPlanned ? limitsAtRate(this.#limits, rate) : this.#limits;
    const acting = { order, range: this.#isDraining ? undefined : range };
    const isOther = acting.order !== this.#acting.order || acting.range !== this.#acting.range;
    this.#acting = acting;
    if (anew || isOther) this.#beginAnew();
  }

  #beginAnew(): void {
    const { replayer } = this.#parts;
    const { order, range } = this.#acting;
    const times = range && new ReceiveTimes(range);
    for (const { parts } of replayer.parts.consumers) {
      parts.intake.times = times;
      parts.order.reset(order, replayer.end);
      parts.supply.beginAnew();
    }
  }

  // A pause ends in the replayer.
  #endWhatHoldsBack(): void {
    if (this.#isDraining || !this.#holdsBack(this.#plan)) return;
    if (!pauseEnds(this.#usePercent)) return;
    this.#plan = { ...noPlan, order: this.#plan.order };
    this.#act(false);
    this.#parts.planEnded('full', this.#usePercent);
  }

  #holdsBack({ range, rateBytesPerSecond: rate }: ReplayPlan): boolean {
    return range !== undefined || (rate !== undefined && rate < this.#limits.rateBytesPerSecond);
  }

  #refusalOf(plan: ReplayPlan): ReplayAnswer | undefined {
    if (isEmpty(plan.range)) return refused('invalid', 'the time range is empty');
    if (this.#isDraining) return refused('conflict', drainsText);
    return this.#holdsBack(plan) ? this.#refusalToHold() : undefined;
  }

  #refusalToHold(): ReplayAnswer | undefined {
    if (this.#isDraining) return refused('conflict', drainsText);
    if (!pauseEnds(this.#usePercent)) return undefined;
    const use = `the vault is ${Math.floor(this.#usePercent)} % full`;
    const message = `${use}: from ${resumeUsePercent} % on nothing may hold the replay back`;
    return refused('conflict', message);
  }

  #startCounting(
    { key, range }: Extract<ReplayCommand, { kind: 'dry-run' }>,
    nowMs: number,
    answer: Answer,
  ): ReplayAnswer | undefined {
    const { replayer, area, hash, openReader } = this.#parts;
    const { zone, isDiskBusy, consumers } = replayer.parts;
    if (isEmpty(range)) return refused('invalid', 'the time range is empty');
    if (this.#counting !== undefined && !this.#counting.isOver) {
      return refused('busy', 'an estimate is under way');
    }
    if (zone() === Zone.Red) return refused('busy', 'in Red the disk is for producers alone');
    const [first] = consumers;
    if (first === undefined) return refused('conflict', 'nothing is replayed to any destination');
    const run = new DryRun({
      cursors: consumers.map(({ parts }) => parts.ledger.cursor),
      reader: openReader(),
      walk: new EntryCursor(area, hash),
      room: first.parts.room,
      times: range && new ReceiveTimes(range),
      entryEnd: replayer.end.entryEnd,
    });
    const freeRoom = () => first.parts.supply.giveBack();
    const startMs = nowMs;
    this.#counting = new Counting({ key, run, startMs, answer, zone, isDiskBusy, freeRoom });
    return undefined;
  }

  #endCounting(key: number): void {
    if (this.#counting?.key === key) this.#counting.end();
  }

  get #usePercent(): number {
    return this.#parts.replayer.parts.usePercent();
  }

  #status(): ReplayStatus {
    const { replayer } = this.#parts;
    const { entryEnd } = replayer.end;
    const { consumers, isDiskBusy } = replayer.parts;
    return {
      paused: replayer.isPaused,
      draining: this.#isDraining,
      plan: this.#plan,
      order: this.#acting.order,
      limits: replayer.limits,
      configuredRateBytesPerSecond: this.#limits.rateBytesPerSecond,
      rateBytesPerSecond: replayer.rateBytesPerSecond,
      isDiskBusy: isDiskBusy(),
      usePercent: this.#usePercent,
      isRangeDone: this.#acting.range !== undefined && consumers.every(isDone),
      consumers: consumers.map(({ outCount, parts }) => ({
        unsettled: parts.ledger.cursor.unsettledCount(entryEnd),
        held: parts.ledger.held.size,
        outstanding: outCount,
        deadLetterFull: parts.graveyard.isFull,
        watermark: parts.ledger.cursor.watermark,
      })),
    };
  }
}

const drainsText = 'the engine is being drained: end that first';

function isDone({ parts }: Replayer['parts']['consumers'][number]): boolean {
  return parts.supply.isDone;
}

function isEmpty(range: TimeRange | undefined): boolean {
  return range !== undefined && range.fromNs >= range.toNs;
}

function refused(why: RefusalKind, message: string): ReplayAnswer {
  return { kind: 'refused', why, message };
}
