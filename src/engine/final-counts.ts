// The books of a process at its end, as the fields of its last log line: what was received is what
// was acknowledged, refused, or given up because the producer had gone.

import type { LogFields } from '../log.ts';
import { DestinationCounter, ShardCounter, type StatePage } from '../memory/state-page.ts';

export function finalCounts(page: StatePage, destinationCount: number): LogFields {
  const destinations = (counter: DestinationCounter) => {
    let sum = 0;
    for (let index = 0; index < destinationCount; index += 1) {
      sum += page.sumDestination(index, counter);
    }
    return sum;
  };
  return {
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
