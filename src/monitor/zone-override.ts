// A zone that somebody wants instead of the one that the signals ask for: an operator, for a reason
// and a limited time, or zones.force of the configuration, without end.

import type { ZonesConfig } from '../config/config.ts';
import { Zone } from '../memory/zone-word.ts';

export interface OverrideRequest {
  readonly zone: Zone;
  readonly durationMs: number;
  readonly reason: string;
  /** Who asked for it. */
  readonly by: string;
}

export interface ActiveOverride {
  readonly zone: Zone;
  readonly reason: string;
  readonly by: string;
  readonly cause: 'override' | 'force';
  /** In the machine's time; Infinity: until the configuration says otherwise. */
  readonly untilMs: number;
}

export const overrideDurationMsMax = 24 * 60 * 60 * 1_000;
/** UTF-16 units: the reason is in every log line and transition that it causes. */
export const overrideReasonLengthMax = 512;

/** What is wrong with a request, for whoever made it; undefined: nothing. */
export function overrideFault(request: OverrideRequest): string | undefined {
  const { zone, durationMs, reason } = request;
  if (zone !== Zone.Green && zone !== Zone.Yellow && zone !== Zone.Red) {
    return 'the zone must be green, yellow or red';
  }
  if (!(durationMs > 0 && durationMs <= overrideDurationMsMax)) {
    return `the duration must be above 0 and at most 24 h, is ${durationMs} ms`;
  }
  if (reason.trim() === '') return 'an override needs a reason';
  if (reason.length > overrideReasonLengthMax) {
    return `the reason must have at most ${overrideReasonLengthMax} characters, has ${reason.length}`;
  }
  return undefined;
}

export function forcedOverride({ force }: ZonesConfig): ActiveOverride | undefined {
  const zone = forcedZone(force);
  if (zone === undefined) return undefined;
  const reason = `zones.force: ${force}`;
  return { zone, reason, by: 'configuration', cause: 'force', untilMs: Infinity };
}

function forcedZone(force: ZonesConfig['force']): Zone | undefined {
  if (force === 'none') return undefined;
  return { green: Zone.Green, yellow: Zone.Yellow, red: Zone.Red }[force];
}
