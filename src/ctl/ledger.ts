// `gs-ctl ledger`: whether every batch is accounted for, in batches. Exit 0 if so, 1 if not.

import {
  ControlService,
  type GetLedgerResponse,
  type Intake,
  type LedgerRow,
  type SourceRow,
} from '../generated/gophership/control/v1/control_pb.js';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { CtlExit } from './exit-code.ts';
import { countText, sizeText } from './quantity-text.ts';
import { columns, show, type Terminal } from './terminal.ts';

export interface LedgerFlags extends ControlFlags {
  /** Undefined: without what came from each producer. */
  readonly by?: 'source';
}

export function ledger(flags: LedgerFlags, terminal: Terminal): Promise<CtlExit> {
  const bySource = flags.by === 'source';
  return withControl(flags, terminal, (client) => showLedger(client, terminal, sleep, bySource));
}

export async function showLedger(
  client: ControlClient,
  terminal: Terminal,
  pause: (ms: number) => Promise<void>,
  bySource = false,
): Promise<CtlExit> {
  const read = () =>
    client.call(ControlService, (control, options) => control.getLedger({ bySource }, options));
  let ledger = await read();
  // The engine does not stop for it: what is between two threads at this moment is no difference a
  // moment later.
  for (let again = 1; again < readsMax && !ledger.isBalanced; again++) {
    await pause(readPauseMs);
    ledger = await read();
  }
  const { isBalanced, intake, rows } = ledger;
  const value = {
    kind: 'Ledger',
    address: client.address,
    isBalanced,
    intake: intake === undefined ? null : intakeValue(intake),
    destinations: rows.map(rowValue),
    ...(bySource ? { sources: ledger.sources.map(sourceValue) } : {}),
  };
  await show(terminal, value, () => table(ledger) + (bySource ? sourceTable(ledger.sources) : ''));
  if (isBalanced) return CtlExit.Done;
  terminal.talk(`hint: ${unbalancedHint}\n`);
  return CtlExit.No;
}

const readsMax = 5;
const readPauseMs = 200;
const unbalancedHint =
  'under load batches are between two counts; a difference that stays when it is quiet is a bug';

function intakeValue({ $typeName: _, $unknown: __, ...intake }: Intake) {
  return intake;
}

function rowValue({ $typeName: _, $unknown: __, ...row }: LedgerRow) {
  return row;
}

/** No name: all that have no row of their own. */
function sourceValue({ $typeName: _, $unknown: __, source, ...row }: SourceRow) {
  return { source: source === '' ? null : source, ...row };
}

function sourceTable(sources: readonly SourceRow[]): string {
  const headings = ['SOURCE', 'RECEIVED', 'ACKED', 'REFUSED', 'GONE', 'IN FLIGHT'];
  const rows = sources
    .toSorted((a, b) => b.received - a.received)
    .map(({ source, received, acked, refused, gone, inFlight, ackedRecords, receivedBytes }) => [
      source === '' ? '(all others)' : source,
      ...counts([received, acked, refused, gone, inFlight, ackedRecords]),
      sizeText(receivedBytes),
    ]);
  return `\n${columns([...headings, 'RECORDS', 'BYTES'], rows)}`;
}

function table({ intake, rows, isBalanced }: GetLedgerResponse): string {
  return [
    columns(
      ['RECEIVED', 'ACKED', 'REFUSED', 'GONE', 'IN FLIGHT', 'DIFFERENCE'],
      intake === undefined ? [] : [counts(intakeCells(intake))],
    ),
    columns(
      [
        ...['DESTINATION', 'ACKED', 'ALSO STORED', 'BURNT', 'DELIVERED', 'IN VAULT'],
        ...['DEAD LETTERS', 'LOST', 'DROPPED', 'SKIPPED', 'DIFFERENCE'],
      ],
      rows.map((row) => [row.destination, ...counts(rowCells(row))]),
    ),
    `${isBalanced ? 'balanced: every batch is accounted for' : 'not balanced'}\n`,
  ].join('\n');
}

function intakeCells(intake: Intake): number[] {
  const { received, acked, refused, gone, inFlight, difference } = intake;
  return [received, acked, refused, gone, inFlight, difference];
}

function rowCells(row: LedgerRow): number[] {
  const { acked, alsoStored, burnt, delivered, inVault, deadLettered } = row;
  const { lost, dropped, skipped, difference } = row;
  const here = [acked, alsoStored, burnt];
  return [...here, delivered, inVault, deadLettered, lost, dropped, skipped, difference];
}

function counts(amounts: readonly number[]): string[] {
  return amounts.map(countText);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
