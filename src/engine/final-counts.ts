// The books of a process at its end, as the fields of its last log line: what was received is what
// was acknowledged, refused, or given up because the producer had gone.

import type { LogFields } from '../log.ts';
import { DestinationCounter, ShardCounter, type StatePage } from '../memory/state-page.ts';
import type { Ledger } from './ledger.ts';

export function finalCounts(
  page: StatePage,
  destinationCount: number,
  { intake, rows }: Ledger,
): LogFields {
  const destinations = (counter: DestinationCounter) => {
    let sum = 0;
    for (let index = 0; index < destinationCount; index += 1) {
      sum += page.sumDestination(index, counter);
    }
    return sum;
  };
  return {
    ledger_difference: Math.max(...[intake, ...rows].map(({ difference }) => Math.abs(difference))),
    in_vault_batches: Math.max(0, ...rows.map(({ inVault }) => inVault)),
    dead_letter_batches: Math.max(0, ...rows.map(({ deadLettered }) => deadLettered)),
    lost_batches: Math.max(0, ...rows.map(({ lost }) => lost)),
    received_batches: page.sum(ShardCounter.ReceivedBatches),
    acked_batches: page.sum(ShardCounter.AckedBatches),
    refused_batches: page.sum(ShardCounter.RefusedBatches),
    partly_delivered_batches: page.sum(ShardCounter.PartlyDeliveredBatches),
    gone_batches: page.sum(ShardCounter.GoneBatches),
    acked_records: page.sum(ShardCounter.AckedRecords),
    delivered_records: destinations(DestinationCounter.DeliveredRecords),
    rejected_records: destinations(DestinationCounter.RejectedRecords),
    dropped_records: destinations(DestinationCounter.DroppedRecords),
    unknown_outcomes: destinations(DestinationCounter.UnknownOutcomes),
  };
}
