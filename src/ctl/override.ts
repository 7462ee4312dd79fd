// `gs-ctl override set` and `clear`: hold the engine in a zone for a while, or let it go. Shows
// what would change, asks, does it, and says how to take it back.

import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { ControlService, type ZoneStatus } from '../generated/gophership/control/v1/control_pb.js';
import { confirm } from './confirm.ts';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { clearPlan, setPlan } from './override-plan.ts';
import { type MutationPlan, showPlan } from './show-plan.ts';
import { readStatus } from './status.ts';
import { overrideText, zoneCell } from './status-table.ts';
import { columns, show, type Terminal } from './terminal.ts';
import { zonesByWord } from './zone-text.ts';
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
  const plan = setPlan(await readStatus(client), client.address, flags, flags);
  showPlan(flags, terminal, plan);
  client.keepAlive();
  await confirm(flags.yes === true, terminal);
  const zone = zonesByWord[flags.zone];
  const duration = durationFromMs(ttlMs);
  const answer = await client.call(ControlService, (control, options) =>
    control.setOverride({ zone, duration, reason }, options),
  );
  return showResult(client, answer.zone, plan, terminal);
}

export async function clearOverride(
  client: ControlClient,
  flags: OverrideFlags,
  terminal: Terminal,
): Promise<CtlExit> {
  const { reason } = flags;
  const plan = clearPlan(await readStatus(client), client.address, reason, flags);
  showPlan(flags, terminal, plan);
  client.keepAlive();
  await confirm(flags.yes === true, terminal);
  const answer = await client.call(ControlService, (control, options) =>
    control.clearOverride({ reason }, options),
  );
  return showResult(client, answer.zone, plan, terminal);
}

/** Of the engine, which says so too; here it costs no connection. */
const reasonLengthMax = 512;

function checkReason(reason: string): void {
  if (reason.trim() !== '' && reason.length <= reasonLengthMax) return;
  const message = `--reason needs 1 to ${reasonLengthMax} characters, has ${reason.length}`;
  throw new CtlError('USAGE', CtlExit.Usage, message, 'say why, for whoever reads the audit log');
}

async function showResult(
  { address }: ControlClient,
  zone: ZoneStatus | undefined,
  { undo }: MutationPlan,
  terminal: Terminal,
): Promise<CtlExit> {
  const value = { kind: 'Override', address, zone: zoneValue(zone), undo };
  await show(terminal, value, () => {
    const override = overrideText(zone) ?? 'none';
    const row = [zoneCell(zone), override, zone?.reason ?? ''];
    return columns(['ZONE', 'OVERRIDE', 'REASON'], [row], terminal.hasColours);
  });
  if (terminal.format === 'table') terminal.talk(`done; to undo: ${undo}\n`);
  return CtlExit.Done;
}
