// What a change of the replay would do, in lines for whoever has to say yes to it, and the command
// that takes it back.

import {
  type EstimateReplayResponse,
  type Replay,
  ReplayOrder,
  type ReplayPlan,
} from '../generated/gophership/control/v1/replay_pb.js';
import { countOf } from './quantity-text.ts';
import {
  estimateLines,
  etaText,
  momentText,
  orderWord,
  planText,
  rateText,
} from './replay-text.ts';
import type { MutationPlan } from './show-plan.ts';
import type { TargetFlags } from './target.ts';
import { targetWords } from './undo-command.ts';

/** What is known of what would be sent. */
export type KnownEstimate =
  | { readonly estimate: EstimateReplayResponse }
  | { readonly unknown: string };

export function startPlan(
  before: Replay,
  address: string,
  plan: ReplayPlan,
  known: KnownEstimate,
  { reason, target }: Said,
): MutationPlan {
  const lines = [
    `replay on ${address}: ${planText(plan)}`,
    nowLine(before),
    ...estimated(known),
    ...(plan.range === undefined ? [] : [rangeLine]),
    ...heldLines(before),
    ...reasonLines(reason),
  ];
  const pause = before.state === 'paused' ? [undoWords('pause', target)] : [];
  const undo = [startWords(before.plan, target), ...pause].join(' && ');
  return { lines, undo };
}

export function pausePlan(before: Replay, address: string, { reason, target }: Said): MutationPlan {
  const lines = [
    `pause the replay on ${address}, until it is resumed or the vault is 80 % full`,
    nowLine(before),
    ...reasonLines(reason),
  ];
  return { lines, undo: undoWords('resume', target) };
}

export function resumePlan(
  before: Replay,
  address: string,
  known: KnownEstimate,
  { reason, target }: Said,
): MutationPlan {
  const lines = [
    `resume the replay on ${address}: ${planText(before.plan)}`,
    nowLine(before),
    ...estimated(known),
    ...heldLines(before),
    ...reasonLines(reason),
  ];
  return { lines, undo: undoWords('pause', target) };
}

export interface Said {
  readonly reason: string | undefined;
  readonly target: TargetFlags;
}

const rangeLine =
  'the rest stays in the vault, and what comes as well, until `gs-ctl replay start` without a range';

function nowLine(replay: Replay): string {
  const waiting = Math.max(0, ...replay.destinations.map((row) => row.waitingBatches));
  const eta = replay.eta === undefined ? '' : `, for about ${etaText(replay)}`;
  const { state, order, rateBytesPerSecond } = replay;
  const how = `${orderWord(order)} first, at most ${rateText(rateBytesPerSecond)}`;
  const what =
    waiting === 0 ? 'nothing waits' : `${countOf(waiting, 'batch waits', 'batches wait')}${eta}`;
  return `now: ${state}, ${how}; ${what}`;
}

function estimated(known: KnownEstimate): string[] {
  if ('unknown' in known) return [`not estimated: ${known.unknown}`];
  return estimateLines(known.estimate);
}

/** What a start or the end of a pause does not change. */
function heldLines({ state, reason }: Replay): string[] {
  return state === 'paused' || reason === '' ? [] : [`still: ${reason}`];
}

function reasonLines(reason: string | undefined): string[] {
  return reason === undefined ? [] : [`reason: ${reason}`];
}

function startWords(plan: ReplayPlan | undefined, target: TargetFlags): string {
  const { order = ReplayOrder.UNSPECIFIED, rateBytesPerSecond, range } = plan ?? {};
  const words = [
    ...(order === ReplayOrder.UNSPECIFIED ? [] : ['--order', orderWord(order)]),
    ...(rateBytesPerSecond === undefined ? [] : ['--rate', `${Math.round(rateBytesPerSecond)}B`]),
    ...(range?.from === undefined ? [] : ['--from', momentText(range.from)]),
    ...(range?.to === undefined ? [] : ['--to', momentText(range.to)]),
  ];
  return ['gs-ctl replay start', ...words, ...targetWords(target)].join(' ');
}

function undoWords(verb: 'pause' | 'resume', target: TargetFlags): string {
  return [`gs-ctl replay ${verb}`, ...targetWords(target)].join(' ');
}
