// The plan of a request, checked, and a plan as a message and in words.

import { create } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import {
  ReplayOrder,
  type ReplayPlan,
  ReplayPlanSchema,
  type ReplayRange,
  ReplayRangeSchema,
} from '../generated/gophership/control/v1/replay_pb.js';
import { GiB, KiB } from '../limits.ts';
import type { ReplayPlanView, TimeRangeView } from './replay-view.ts';

export type CheckedPlan = { readonly plan: ReplayPlanView } | { readonly fault: string };

/** Less is a pause that a full vault would not end, and more a slip of the hand. */
const rateBytesPerSecondMin = 64 * KiB;
const rateBytesPerSecondMax = 64 * GiB;

export function checkedPlan(message: ReplayPlan | undefined): CheckedPlan {
  const { order = ReplayOrder.UNSPECIFIED, rateBytesPerSecond, range } = message ?? {};
  if (!(order in orderNames)) return { fault: 'the order must be oldest or newest' };
  if (!isRate(rateBytesPerSecond)) return { fault: 'the rate must be 64 KiB/s to 64 GiB/s' };
  const times = range && rangeOf(range);
  if (times !== undefined && times.fromNs >= times.toNs) {
    return { fault: 'the time range is empty: it ends before it begins' };
  }
  return { plan: { order: orderNames[order], rateBytesPerSecond, range: times } };
}

export function planMessage({ order, rateBytesPerSecond, range }: ReplayPlanView): ReplayPlan {
  return create(ReplayPlanSchema, {
    order: order === undefined ? ReplayOrder.UNSPECIFIED : wireOrder(order),
    ...(rateBytesPerSecond === undefined ? {} : { rateBytesPerSecond }),
    ...(range === undefined ? {} : { range: rangeMessage(range) }),
  });
}

export function wireOrder(order: 'oldest' | 'newest'): ReplayOrder {
  return order === 'oldest' ? ReplayOrder.OLDEST : ReplayOrder.NEWEST;
}

/** For the audit. */
export function planText({ order, rateBytesPerSecond, range }: ReplayPlanView): string {
  const parts = [
    ...(order === undefined ? [] : [`${order} first`]),
    ...(rateBytesPerSecond === undefined ? [] : [`${Math.round(rateBytesPerSecond)} bytes/s`]),
    ...(range === undefined ? [] : [rangeText(range)]),
  ];
  return parts.length === 0 ? 'as configured' : parts.join(', ');
}

const orderNames = {
  [ReplayOrder.UNSPECIFIED]: undefined,
  [ReplayOrder.OLDEST]: 'oldest',
  [ReplayOrder.NEWEST]: 'newest',
} as const;

function isRate(rate: number | undefined): boolean {
  return rate === undefined || (rate >= rateBytesPerSecondMin && rate <= rateBytesPerSecondMax);
}

const nsPerSecond = 1_000_000_000n;
const nsMax = 2n ** 64n - 1n;

/** Undefined: no bound on either side, which is everything. */
function rangeOf({ from, to }: ReplayRange): TimeRangeView | undefined {
  if (from === undefined && to === undefined) return undefined;
  return { fromNs: from ? within(nsOf(from)) : 0n, toNs: to ? within(nsOf(to)) : nsMax };
}

/** What was received has such a time, and beyond it JSON has no word for a time that is echoed. */
function within(ns: bigint): bigint {
  if (ns < 0n) return 0n;
  return ns > nsMax ? nsMax : ns;
}

function nsOf({ seconds, nanos }: Timestamp): bigint {
  return seconds * nsPerSecond + BigInt(nanos);
}

function rangeMessage({ fromNs, toNs }: TimeRangeView): ReplayRange {
  return create(ReplayRangeSchema, {
    ...(fromNs === 0n ? {} : { from: timestampOf(fromNs) }),
    ...(toNs === nsMax ? {} : { to: timestampOf(toNs) }),
  });
}

function timestampOf(ns: bigint): Timestamp {
  return create(TimestampSchema, {
    seconds: ns / nsPerSecond,
    nanos: Number(ns % nsPerSecond),
  });
}

function rangeText({ fromNs, toNs }: TimeRangeView): string {
  const from = fromNs === 0n ? '' : ` from ${timeText(fromNs)}`;
  const to = toNs === nsMax ? '' : ` to ${timeText(toNs)}`;
  return `what was received${from}${to}`;
}

/** A caller may name times that no calendar has. */
export function timeText(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${ns} ns` : date.toISOString();
}
