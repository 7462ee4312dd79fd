// `gs-ctl status`: what one engine does now, or every engine that there is a context for. The exit
// code is the zone, so that a script need not read anything.

import {
  ControlService,
  type Status,
  Zone,
} from '../generated/gophership/control/v1/control_pb.js';
import { askAllContexts, type ContextAnswer, errorValue } from './all-contexts.ts';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { CtlError, failingWith } from './ctl-error.ts';
import { CtlExit, StatusExit } from './exit-code.ts';
import { spanText, statusTable, zoneCell } from './status-table.ts';
import { statusValue } from './status-value.ts';
import { statusWatch } from './status-watch.ts';
import { type Cell, columns, show, type Terminal } from './terminal.ts';
import { watchAgain } from './watch-again.ts';

export interface StatusFlags extends ControlFlags {
  readonly watch?: boolean;
  readonly allContexts?: boolean;
}

/** Every error is StatusExit.Unknown, but for a wrong command line. */
export function status(flags: StatusFlags, terminal: Terminal): Promise<StatusExit> {
  return failingWith(StatusExit.Unknown, () => {
    if (flags.watch && flags.allContexts) throw oneOrTheOther();
    if (flags.allContexts) return statusOfAll(flags, terminal);
    if (flags.watch) return watchAgain(flags, terminal, statusWatch(terminal));
    return withControl(flags, terminal, (client) => showStatus(client, terminal));
  });
}

export async function showStatus(client: ControlClient, terminal: Terminal): Promise<StatusExit> {
  const status = await readStatus(client);
  const { address } = client;
  await show(terminal, { kind: 'Status', address, ...statusValue(status) }, () =>
    statusTable(status, terminal.hasColours),
  );
  return statusExit(status.zone?.zone);
}

export async function readStatus(client: ControlClient): Promise<Status> {
  const { status } = await client.call(ControlService, (control, options) =>
    control.getStatus({}, options),
  );
  if (status !== undefined) return status;
  throw new CtlError('ENGINE', CtlExit.No, `${client.address}: an answer without a status`, '');
}

export async function statusOfAll(
  flags: ControlFlags,
  terminal: Terminal,
  connect = withControl,
): Promise<StatusExit> {
  const answers = await askAllContexts(flags, terminal, readStatus, connect);
  const value = { kind: 'StatusList', contexts: answers.map(contextValue) };
  await show(terminal, value, () => {
    const headings = ['CONTEXT', 'HOST', 'VERSION', 'UP', 'ZONE', 'FOR', 'REASON'];
    return columns(headings, answers.map(contextRow), terminal.hasColours);
  });
  const exits = answers.map(({ result }) =>
    'error' in result ? StatusExit.Unknown : statusExit(result.answer.zone?.zone),
  );
  // They are in the order of how bad they are.
  return exits.toSorted((a, b) => b - a)[0] ?? StatusExit.Unknown;
}

function contextValue({ context, result }: ContextAnswer<Status>) {
  if ('error' in result) return { context, error: errorValue(result.error) };
  return { context, status: statusValue(result.answer) };
}

function contextRow({ context, result }: ContextAnswer<Status>): Cell[] {
  if ('error' in result) {
    const { code, message } = result.error;
    return [context, '-', '-', '-', 'Unknown', '-', `${code}: ${message}`];
  }
  const { host, version, uptime, zone } = result.answer;
  const times = [spanText(uptime), zoneCell(zone), spanText(zone?.duration)];
  return [context, host, version, ...times, zone?.reason ?? ''];
}

function statusExit(zone: Zone | undefined): StatusExit {
  switch (zone) {
    case Zone.GREEN:
      return StatusExit.Green;
    case Zone.YELLOW:
      return StatusExit.Yellow;
    case Zone.RED:
      return StatusExit.Red;
    default: // also of a later engine
      return StatusExit.Unknown;
  }
}

function oneOrTheOther(): CtlError {
  const message = '--watch and --all-contexts exclude each other';
  return new CtlError('USAGE', CtlExit.Usage, message, 'watch one engine, or ask all once');
}
