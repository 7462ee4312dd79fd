// What an operator changes: holds a zone for a time, or lets it go.

import { durationMs } from '@bufbuild/protobuf/wkt';
import { GopherShipError } from '../errors.ts';
import type {
  ClearOverrideRequest,
  SetOverrideRequest,
} from '../generated/gophership/control/v1/control_pb.js';
import { zoneName } from '../memory/zone-word.ts';
import type { EngineView } from './engine-view.ts';
import { zoneOf } from './zone-message.ts';

/** Returns what was done. Throws CONTROL_INVALID with what is wrong with the request. */
export function setOverride(
  { monitor }: EngineView,
  by: string,
  { zone: wanted, duration, reason }: SetOverrideRequest,
): string {
  const zone = zoneOf(wanted);
  if (zone === undefined) throw invalid('the zone must be green, yellow or red');
  if (duration === undefined) throw invalid('an override needs a duration');
  const ms = durationMs(duration);
  const fault = monitor.override({ zone, durationMs: ms, reason, by });
  if (fault !== undefined) throw invalid(fault);
  return `${zoneName(zone)} for ${ms / 1_000} s`;
}

/** Returns what was done. Throws CONTROL_INVALID with what is wrong with the request. */
export function clearOverride({ monitor }: EngineView, { reason }: ClearOverrideRequest): string {
  if (reason.trim() === '') throw invalid('ending an override needs a reason');
  const before = monitor.explain().override;
  monitor.clearOverride();
  if (before?.cause === 'override') return `${zoneName(before.zone)} of ${before.by} ended`;
  return before === undefined ? 'there was none' : `${before.reason} stays`;
}

function invalid(fault: string): GopherShipError {
  return new GopherShipError('CONTROL_INVALID', fault);
}
