// What an override would change, in lines for whoever has to say yes to it, and the command that
// takes it back.

import type { Status } from '../generated/gophership/control/v1/control_pb.js';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { durationText } from './quantity-text.ts';
import type { MutationPlan } from './show-plan.ts';
import { overrideText, spanText, zoneText } from './status-table.ts';
import type { TargetFlags } from './target.ts';
import { undoCommand } from './undo-command.ts';
import { zonesByWord, zoneTitle } from './zone-text.ts';

export interface OverrideWanted {
  readonly zone: keyof typeof zonesByWord;
  readonly ttlMs: number;
  readonly reason: string;
}

export function setPlan(
  status: Status,
  address: string,
  { zone, ttlMs, reason }: OverrideWanted,
  target: TargetFlags,
): MutationPlan {
  const replaced = overrideText(status.zone);
  const title = zoneTitle(zonesByWord[zone]);
  const lines = [
    `hold ${place(status, address)} in ${title} for ${durationText(ttlMs)}`,
    nowLine(status),
    `reason: ${reason}`,
    ...(replaced === undefined ? [] : [`in place of the override: ${replaced}`]),
    ...(zone === 'red' ? [] : ['memory that runs short turns the zone Red all the same']),
  ];
  return { lines, undo: undoCommand(status.zone?.override, target) };
}

/** Throws where there is nothing that could be ended. */
export function clearPlan(
  status: Status,
  address: string,
  reason: string,
  target: TargetFlags,
): MutationPlan {
  const override = status.zone?.override;
  if (override === undefined) throw noOverride(`there is no override on ${place(status, address)}`);
  if (override.left === undefined) {
    const message = `${place(status, address)} is held by its configuration: ${override.reason}`;
    throw noOverride(message, 'change zones.force there and send SIGHUP');
  }
  const lines = [
    `end the override on ${place(status, address)}`,
    nowLine(status),
    `override: ${overrideText(status.zone)}`,
    `reason: ${reason}`,
  ];
  return { lines, undo: undoCommand(override, target) };
}

function place({ host }: Status, address: string): string {
  return `${host} (${address})`;
}

function nowLine({ zone }: Status): string {
  return `now: ${zoneText(zone)} for ${spanText(zone?.duration)}: ${zone?.reason ?? ''}`;
}

function noOverride(message: string, hint = ''): CtlError {
  return new CtlError('NOT_FOUND', CtlExit.NotFound, message, hint);
}
