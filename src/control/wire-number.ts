// Numbers as the messages of the control service carry them. The engine says NaN and Infinity for
// what it does not have; a message leaves the field out.

import type { Duration, Timestamp } from '@bufbuild/protobuf/wkt';
import { durationFromMs, timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';

/** Undefined, and so absent: not finite. */
export function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** To the millisecond: nanoseconds are integers on the wire, our clocks have fractions. */
export function wireDuration(ms: number | undefined): Duration | undefined {
  const known = finite(ms);
  return known === undefined ? undefined : durationFromMs(Math.round(known));
}

export function wireTime(wallMs: number | undefined): Timestamp | undefined {
  const known = finite(wallMs);
  return known === undefined ? undefined : timestampFromMs(Math.round(known));
}

/** Undefined: absent. */
export function wallMsOf(time: Timestamp | undefined): number | undefined {
  return time && timestampMs(time);
}

const uint32Max = 2 ** 32 - 1;

/** Counters of several threads are read one after the other, so a sum may be off for a moment. */
export function wireCount(value: number): number {
  return Math.min(Math.max(Math.round(value), 0), uint32Max);
}
