// The one line a second that `gophership dev` prints: what came in, what was acknowledged, what
// waits.

import { DestinationCounter, ShardCounter, type StatePage } from '../memory/state-page.ts';
import { type Zone, zoneName } from '../memory/zone-word.ts';

export interface Progress {
  readonly receivedBatches: number;
  readonly receivedRecords: number;
  readonly receivedBytes: number;
  readonly ackedBatches: number;
  readonly refusedBatches: number;
  readonly inFlightBatches: number;
  readonly connections: number;
  readonly destinations: readonly {
    readonly id: string;
    readonly queuedBatches: number;
    readonly deliveredRecords: number;
    readonly down: boolean;
  }[];
}

export function readProgress(page: StatePage, destinationIds: readonly string[]): Progress {
  return {
    receivedBatches: page.sum(ShardCounter.ReceivedBatches),
    receivedRecords: page.sum(ShardCounter.ReceivedRecords),
    receivedBytes: page.sum(ShardCounter.ReceivedBytes),
    ackedBatches: page.sum(ShardCounter.AckedBatches),
    refusedBatches: page.sum(ShardCounter.RefusedBatches),
    inFlightBatches: page.sum(ShardCounter.InflightBatches),
    connections: page.sum(ShardCounter.OpenConnections),
    destinations: destinationIds.map((id, index) => ({
      id,
      queuedBatches: page.sumDestination(index, DestinationCounter.QueuedBatches),
      deliveredRecords: page.sumDestination(index, DestinationCounter.DeliveredRecords),
      down: page.sumDestination(index, DestinationCounter.OpenBreaker) > 0,
    })),
  };
}

/** Instead of the line, while live views are paused. */
export function pausedLine(zone: Zone): string {
  return `zone ${zoneName(zone)}: live view paused`;
}

/** One line of at most a terminal's width in the usual case; rates are over `elapsedMs`. */
export function progressLine(before: Progress, now: Progress, elapsedMs: number): string {
  const perSecond = (amount: number) => (amount * 1_000) / Math.max(1, elapsedMs);
  const megabytes = perSecond(now.receivedBytes - before.receivedBytes) / 1e6;
  const destinations = now.destinations.map(
    ({ id, queuedBatches, down }) => `${id} ${down ? 'DOWN, ' : ''}${queuedBatches} queued`,
  );
  return [
    `${Math.round(perSecond(now.receivedRecords - before.receivedRecords))} records/s`,
    `${megabytes.toFixed(1)} MB/s`,
    `${Math.round(perSecond(now.ackedBatches - before.ackedBatches))} acks/s`,
    `acked ${now.ackedBatches}`,
    `refused ${now.refusedBatches}`,
    `in flight ${now.inFlightBatches}`,
    `${now.connections} connections`,
    ...destinations,
  ].join(' | ');
}
