// The ledger as bars: each the sum of its parts, so that what is missing would be seen.

import type { GetLedgerResponseJson } from '../generated/gophership/control/v1/control_pb.js';
import { numberOf } from './wire-json.ts';

export interface LedgerBar {
  readonly title: string;
  readonly total: number;
  readonly parts: readonly LedgerPart[];
  /** Batches that nobody can account for, or that are counted twice; 0 when all is well. */
  readonly difference: number;
}

export interface LedgerPart {
  readonly name: string;
  readonly batches: number;
  /** 'good' is done, 'waiting' will be, 'bad' did not arrive. */
  readonly kind: 'good' | 'waiting' | 'bad';
}

export function ledgerBars({ intake, rows }: GetLedgerResponseJson): LedgerBar[] {
  return [
    {
      title: 'received',
      total: numberOf(intake?.received),
      difference: numberOf(intake?.difference),
      parts: [
        part('acknowledged', 'good', intake?.acked),
        part('in flight', 'waiting', intake?.inFlight),
        part('refused', 'bad', intake?.refused),
        part('gone before an answer', 'bad', intake?.gone),
      ],
    },
    ...(rows ?? []).map((row) => ({
      title: row.destination ?? '',
      total: numberOf(row.acked) + numberOf(row.alsoStored) + numberOf(row.burnt),
      difference: numberOf(row.difference),
      parts: [
        part('delivered', 'good', row.delivered),
        part('in the vault', 'waiting', row.inVault),
        part('dead letter', 'bad', row.deadLettered),
        part('lost', 'bad', row.lost),
        part('dropped', 'bad', row.dropped),
        part('skipped', 'bad', row.skipped),
      ],
    })),
  ];
}

function part(
  name: string,
  kind: LedgerPart['kind'],
  batches: number | string | undefined,
): LedgerPart {
  return { name, kind, batches: numberOf(batches) };
}
