// `gs-ctl drain`: empties an engine before its host goes away. Shows what is in it, and on request
// waits until nothing is.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Drain, DrainService } from '../generated/gophership/control/v1/drain_pb.js';
import { confirm } from './confirm.ts';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { CtlError } from './ctl-error.ts';
import { drainTable, drainText, drainValue, inItText, isQuiet } from './drain-text.ts';
import { CtlExit } from './exit-code.ts';
import { showPlan } from './show-plan.ts';
import { show, type Terminal } from './terminal.ts';
import { targetWords } from './undo-command.ts';

export interface DrainFlags extends ControlFlags {
  readonly wait?: boolean;
  readonly end?: boolean;
  readonly status?: boolean;
  readonly reason?: string;
  readonly yes?: boolean;
}

export function drain(flags: DrainFlags, terminal: Terminal): Promise<CtlExit> {
  const given = [flags.wait && '--wait', flags.end && '--end', flags.status && '--status'];
  const exclusive = given.filter((name) => typeof name === 'string');
  if (exclusive.length > 1) throw oneOf(exclusive);
  return withControl(flags, terminal, (client) => {
    if (flags.status) return showStatus(client, terminal);
    return flags.end ? endDrain(client, flags, terminal) : startDrain(client, flags, terminal);
  });
}

/** Of an engine that is drained already, nothing is asked. */
export async function startDrain(
  client: ControlClient,
  flags: DrainFlags,
  terminal: Terminal,
  rest: (ms: number) => Promise<void> = sleep,
): Promise<CtlExit> {
  const before = await readDrain(client);
  const undo = ['gs-ctl drain --end', ...targetWords(flags)].join(' ');
  let now = before;
  if (!before.isDraining) {
    const { reason = '' } = flags;
    showPlan(flags, terminal, { lines: planLines(before, client.address, reason), undo });
    client.keepAlive();
    await confirm(flags.yes === true, terminal);
    const { drain } = await client.call(DrainService, (service, options) =>
      service.startDrain({ reason }, options),
    );
    now = whole(client, drain);
  }
  if (flags.wait) now = await untilEmpty(client, now, terminal, rest);
  return showDrain(client, now, undo, terminal);
}

export async function endDrain(
  client: ControlClient,
  flags: DrainFlags,
  terminal: Terminal,
): Promise<CtlExit> {
  const before = await readDrain(client);
  if (!before.isDraining) {
    const message = `${client.address} is not being drained`;
    throw new CtlError('NOT_FOUND', CtlExit.NotFound, message, '');
  }
  const { reason = '' } = flags;
  const undo = ['gs-ctl drain', ...targetWords(flags)].join(' ');
  const lines = [
    `end the drain of ${client.address}: ready again, and the replay goes on as it was set before`,
    `now: ${drainText(before)}`,
    ...(reason === '' ? [] : [`reason: ${reason}`]),
  ];
  showPlan(flags, terminal, { lines, undo });
  client.keepAlive();
  await confirm(flags.yes === true, terminal);
  const { drain } = await client.call(DrainService, (service, options) =>
    service.endDrain({ reason }, options),
  );
  return showDrain(client, whole(client, drain), undo, terminal);
}

async function showStatus(client: ControlClient, terminal: Terminal): Promise<CtlExit> {
  return showDrain(client, await readDrain(client), undefined, terminal);
}

/** Twice in a row, and nothing was received in between: somebody may still send. */
async function untilEmpty(
  client: ControlClient,
  first: Drain,
  terminal: Terminal,
  rest: (ms: number) => Promise<void>,
): Promise<Drain> {
  client.keepAlive();
  let told = '';
  let before = first;
  for (;;) {
    const text = inItText(before);
    // A program reads stderr for an error alone.
    if (text !== told && terminal.format === 'table') terminal.talk(`${text}\n`);
    told = text;
    await rest(lookIntervalMs);
    const now = await readDrain(client);
    if (!now.isDraining) throw ended(client.address);
    if (isQuiet(before, now)) return now;
    before = now;
  }
}

const lookIntervalMs = 1_000;

async function readDrain(client: ControlClient): Promise<Drain> {
  const { drain } = await client.call(DrainService, (service, options) =>
    service.getDrain({}, options),
  );
  return whole(client, drain);
}

function planLines(before: Drain, address: string, reason: string): string[] {
  return [
    `drain ${address}: not ready from now on, so that load balancers send elsewhere`,
    'who still sends is served; the vault goes out as configured, whatever was paused or set',
    `now: ${inItText(before)}`,
    ...(reason === '' ? [] : [`reason: ${reason}`]),
  ];
}

function whole(client: ControlClient, drain: Drain | undefined): Drain {
  if (drain !== undefined) return drain;
  throw new CtlError('ENGINE', CtlExit.No, `${client.address}: an answer without a drain`, '');
}

/** @param undo undefined: nothing was changed */
async function showDrain(
  { address }: ControlClient,
  drain: Drain,
  undo: string | undefined,
  terminal: Terminal,
): Promise<CtlExit> {
  const value = {
    ...{ kind: 'Drain', address, drain: drainValue(drain) },
    ...(undo === undefined ? {} : { undo }),
  };
  await show(terminal, value, () => drainTable(drain));
  if (undo !== undefined && terminal.format === 'table') {
    terminal.talk(`done; to undo: ${undo}\n`);
  }
  return CtlExit.Done;
}

function ended(address: string): CtlError {
  const message = `${address}: somebody has ended the drain`;
  return new CtlError('CONTROL_CONFLICT', CtlExit.No, message, '`gs-ctl events` says who');
}

function oneOf(names: readonly string[]): CtlError {
  const message = `${names.join(' and ')} exclude each other`;
  return new CtlError('USAGE', CtlExit.Usage, message, 'gs-ctl drain --help');
}
