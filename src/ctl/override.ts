// `gs-ctl override set` and `clear`: hold the engine in a zone for a while, or let it go. Shows
// what would change, asks, does it, and says how to take it back.

import { durationFromMs } from '@bufbuild/protobuf/wkt';
import {
  ControlService,
  type Status,
  type ZoneStatus,
} from '../generated/gophership/control/v1/control_pb.js';
import { printable } from '../tls/printable.ts';
import { confirm } from './confirm.ts';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { durationText } from './quantity-text.ts';
import { readStatus } from './status.ts';
import { overrideText, spanText, zoneText } from './status-table.ts';
import { columns, show, type Terminal } from './terminal.ts';
import { undoCommand } from './undo-command.ts';
import { zonesByWord, zoneTitle } from './zone-text.ts';
import { zoneValue } from './zone-value.ts';

export interface OverrideFlags extends ControlFlags {
  readonly reason: string;
  readonly yes?: boolean;
}

export interface OverrideSetFlags extends OverrideFlags {
  readonly zone: keyof typeof zonesByWord;
  readonly ttlMs: number;
}

export function overrideSet(flags: OverrideSetFlags, terminal: Terminal): Promise<CtlExit> {
  checkReason(flags.reason);
  return withControl(flags, terminal, (client) => setOverride(client, flags, terminal));
}

export function overrideClear(flags: OverrideFlags, terminal: Terminal): Promise<CtlExit> {
  checkReason(flags.reason);
  return withControl(flags, terminal, (client) => clearOverride(client, flags, terminal));
}

export async function setOverride(
  client: ControlClient,
  flags: OverrideSetFlags,
  terminal: Terminal,
): Promise<CtlExit> {
  const { ttlMs, reason } = flags;
  const zone = zonesByWord[flags.zone];
  const status = await readStatus(client);
  const title = zoneTitle(zone);
  const replaced = overrideText(status.zone);
  const undo = undoCommand(status.zone?.override, flags);
  plan(flags, terminal, undo, [
    `hold ${place(status, client)} in ${title} for ${durationText(ttlMs)}`,
    nowLine(status),
    `reason: ${reason}`,
    ...(replaced === undefined ? [] : [`in place of the override: ${replaced}`]),
    ...(flags.zone === 'red' ? [] : ['memory that runs short turns the zone Red all the same']),
  ]);
  client.keepAlive();
  await confirm(flags.yes === true, terminal);
  const duration = durationFromMs(ttlMs);
  const answer = await client.call(ControlService, (control, options) =>
    control.setOverride({ zone, duration, reason }, options),
  );
  return showResult(client, answer.zone, undo, terminal);
}

export async function clearOverride(
  client: ControlClient,
  flags: OverrideFlags,
  terminal: Terminal,
): Promise<CtlExit> {
  const { reason } = flags;
  const status = await readStatus(client);
  const override = status.zone?.override;
  if (override === undefined) throw noOverride(`there is no override on ${place(status, client)}`);
  if (override.left === undefined) {
    const message = `${place(status, client)} is held by its configuration: ${override.reason}`;
    throw noOverride(message, 'change zones.force there and send SIGHUP');
  }
  const undo = undoCommand(override, flags);
  plan(flags, terminal, undo, [
    `end the override on ${place(status, client)}`,
    nowLine(status),
    `override: ${overrideText(status.zone)}`,
    `reason: ${reason}`,
  ]);
  client.keepAlive();
  await confirm(flags.yes === true, terminal);
  const answer = await client.call(ControlService, (control, options) =>
    control.clearOverride({ reason }, options),
  );
  return showResult(client, answer.zone, undo, terminal);
}

/** Of the engine, which says so too; here it costs no connection. */
const reasonLengthMax = 512;

function checkReason(reason: string): void {
  if (reason.trim() !== '' && reason.length <= reasonLengthMax) return;
  const message = `--reason needs 1 to ${reasonLengthMax} characters, has ${reason.length}`;
  throw new CtlError('USAGE', CtlExit.Usage, message, 'say why, for whoever reads the audit log');
}

/** For people: programs get what they need with the result, and an error alone on stderr. */
function plan(
  flags: OverrideFlags,
  terminal: Terminal,
  undo: string,
  lines: readonly string[],
): void {
  const isAsked = flags.yes !== true && terminal.ask !== undefined;
  if (terminal.format !== 'table' && !isAsked) return;
  const [first = '', ...others] = lines.map(printable);
  terminal.talk([`plan: ${first}`, ...others.map((text) => `      ${text}`), ''].join('\n'));
  terminal.talk(`undo: ${undo}\n`);
}

function place({ host }: Status, { address }: ControlClient): string {
  return `${host} (${address})`;
}

function nowLine({ zone }: Status): string {
  return `now: ${zoneText(zone)} for ${spanText(zone?.duration)}: ${zone?.reason ?? ''}`;
}

async function showResult(
  { address }: ControlClient,
  zone: ZoneStatus | undefined,
  undo: string,
  terminal: Terminal,
): Promise<CtlExit> {
  const value = { kind: 'Override', address, zone: zoneValue(zone), undo };
  await show(terminal, value, () => {
    const override = overrideText(zone) ?? 'none';
    return columns(
      ['ZONE', 'OVERRIDE', 'REASON'],
      [[zoneText(zone), override, zone?.reason ?? '']],
    );
  });
  if (terminal.format === 'table') terminal.talk(`done; to undo: ${undo}\n`);
  return CtlExit.Done;
}

function noOverride(message: string, hint = ''): CtlError {
  return new CtlError('NOT_FOUND', CtlExit.NotFound, message, hint);
}
