// Whether every batch is accounted for, on the whole screen: what came in, and for each required
// destination where it is.

import type { Intake, LedgerRow } from '../../generated/gophership/control/v1/control_pb.js';
import { Zone } from '../../generated/gophership/control/v1/control_pb.js';
import { countText } from '../quantity-text.ts';
import { bold } from '../text-style.ts';
import { zoneStyle } from '../zone-style.ts';
import { fitted, type Line, line, type Span, span } from './line.ts';
import { heading, pageOf, paneName, rightAligned, type ScrolledSpace } from './pane.ts';

export function ledgerLines(space: ScrolledSpace): Line[] {
  const { live, rows, width, scroll } = space;
  if (rows <= 0) return [];
  const { ledger } = live;
  if (ledger === undefined)
    return [heading(paneName('LEDGER', space), width, 'is being asked for')];
  const all = [
    line(`  ${ledger.isBalanced ? balanced : ''}`, span(ledger.isBalanced ? '' : unbalanced, bold)),
    line(''),
    ...intakeLines(ledger.intake),
    ...ledger.rows.flatMap((row) => [line(''), ...rowLines(row)]),
  ];
  const page = pageOf(all, rows - 1, scroll);
  return [
    heading(paneName('LEDGER, in batches', space), width, page.note),
    ...page.items.map((of) => fitted(of, width)),
  ];
}

const balanced = 'balanced: every batch is accounted for';
const unbalanced =
  'not balanced: under load batches are between two counts; a difference that stays is a bug';

function intakeLines(intake: Intake | undefined): Line[] {
  if (intake === undefined) return [];
  const { received, acked, refused, gone, inFlight, difference } = intake;
  return [
    line(span('  producers', bold)),
    amount('received', received),
    amount('acknowledged', acked),
    amount('refused', refused),
    amount('gone', gone),
    amount('in flight', inFlight),
    differenceLine(difference),
  ];
}

function rowLines(row: LedgerRow): Line[] {
  return [
    line(span(`  ${row.destination}`, bold)),
    amount('acknowledged', row.acked),
    amount('also stored', row.alsoStored),
    amount('burnt', row.burnt),
    amount('delivered', row.delivered),
    amount('in vault', row.inVault),
    amount('dead letters', row.deadLettered),
    amount('lost', row.lost),
    amount('dropped', row.dropped),
    amount('skipped', row.skipped),
    differenceLine(row.difference),
  ];
}

function amount(name: string, count: number): Line {
  return line(`    ${name.padEnd(14)}${rightAligned(countText(count), 18)}`);
}

function differenceLine(count: number): Line {
  const [text]: readonly Span[] = amount('difference', count);
  return text === undefined || count === 0
    ? amount('difference', count)
    : [{ ...text, style: zoneStyle(Zone.RED) }];
}
