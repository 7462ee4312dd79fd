// The ledger, in batches. All gauges: the terms are read one after the other from words that others
// write, so a sum of them can go back by one, and some are kept on the disk and outlive the
// process.

import type { LedgerRowView } from './engine-view.ts';
import { gauge, gauges, type MetricFamily } from './metric-family.ts';

export const ledgerFamilies: readonly MetricFamily[] = [
  gauges(
    'gophership_ledger_intake_batches',
    ['term'],
    'received = acked + refused + gone + in_flight, since the start.',
    ({ ledger }, emit) => {
      const { received, acked, refused, gone, inFlight } = ledger.intake;
      emit(received, 'received');
      emit(acked, 'acked');
      emit(refused, 'refused');
      emit(gone, 'gone');
      emit(inFlight, 'in_flight');
    },
  ),
  gauge(
    'gophership_ledger_intake_imbalance_batches',
    'received without the other terms: 0 whenever nothing is in flight.',
    ({ ledger }) => ledger.intake.difference,
  ),
  gauges(
    'gophership_ledger_batches',
    ['exporter', 'term'],
    'acked + also_stored + burnt = delivered + in_vault + dead_lettered + lost + dropped + skipped, ' +
      'of each required destination; with what the vault remembers of earlier processes.',
    ({ ledger }, emit) => {
      for (const row of ledger.rows) {
        for (const [term, read] of terms) emit(read(row), row.id, term);
      }
    },
  ),
  gauges(
    'gophership_ledger_imbalance_batches',
    ['exporter'],
    'Left side without the right one: 0 whenever nothing is in flight, above it batches are missing.',
    ({ ledger }, emit) => {
      for (const { id, difference } of ledger.rows) emit(difference, id);
    },
  ),
];

const terms: readonly [term: string, read: (row: LedgerRowView) => number][] = [
  ['acked', ({ acked }) => acked],
  ['also_stored', ({ alsoStored }) => alsoStored],
  ['burnt', ({ burnt }) => burnt],
  ['delivered', ({ delivered }) => delivered],
  ['in_vault', ({ inVault }) => inVault],
  ['dead_lettered', ({ deadLettered }) => deadLettered],
  ['lost', ({ lost }) => lost],
  ['dropped', ({ dropped }) => dropped],
  ['skipped', ({ skipped }) => skipped],
];
