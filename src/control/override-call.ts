// What an operator changes: holds a zone for a time, or lets it go. Each call is one line of the
// audit, done or refused.

import { durationMs } from '@bufbuild/protobuf/wkt';
import type {
  ClearOverrideRequest,
  SetOverrideRequest,
} from '../generated/gophership/control/v1/control_pb.js';
import { zoneName } from '../memory/zone-word.ts';
import type { Audit } from './audit-log.ts';
import type { Caller } from './caller.ts';
import type { EngineView } from './engine-view.ts';
import { mutationCall, reasonFault } from './mutation-call.ts';
import { zoneOf } from './zone-message.ts';

/** Throws CONTROL_INVALID with what is wrong with the request. */
export function setOverride(
  { monitor }: EngineView,
  audit: Audit,
  caller: Caller,
  { zone: wanted, duration, reason }: SetOverrideRequest,
): void {
  const mutate = mutationCall(audit, caller, 'SetOverride', reason);
  const zone = zoneOf(wanted);
  if (zone === undefined) throw mutate.refused('the zone must be green, yellow or red');
  if (duration === undefined) throw mutate.refused('an override needs a duration');
  const ms = durationMs(duration);
  const fault = monitor.override({ zone, durationMs: ms, reason, by: caller.subject });
  if (fault !== undefined) throw mutate.refused(fault);
  mutate.done(`${zoneName(zone)} for ${ms / 1_000} s`);
}

/** Throws CONTROL_INVALID with what is wrong with the request. */
export function clearOverride(
  { monitor }: EngineView,
  audit: Audit,
  caller: Caller,
  { reason }: ClearOverrideRequest,
): void {
  const mutate = mutationCall(audit, caller, 'ClearOverride', reason);
  if (reason.trim() === '') throw mutate.refused('ending an override needs a reason');
  const fault = reasonFault(reason);
  if (fault !== undefined) throw mutate.refused(fault);
  const before = monitor.explain().override;
  monitor.clearOverride();
  if (before?.cause === 'override') mutate.done(`${zoneName(before.zone)} of ${before.by} ended`);
  else mutate.done(before === undefined ? 'there was none' : `${before.reason} stays`);
}
