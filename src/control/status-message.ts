// What the engine does at this moment, as one message: read from the pages that its threads write,
// without asking any of them.

import { create } from '@bufbuild/protobuf';
import type { Clock } from '../clock.ts';
import {
  type Destination,
  Destination_State,
  DestinationSchema,
  type Flow,
  FlowSchema,
  type Status,
  StatusSchema,
} from '../generated/gophership/control/v1/control_pb.js';
import { DestinationCounter, ShardCounter, type StatePage } from '../memory/state-page.ts';
import type { TimeCounts } from '../memory/time-histogram.ts';
import { ConsumerWord } from '../memory/vault-page.ts';
import type { DestinationView, EngineView } from './engine-view.ts';
import { replayStatus, vaultNotOpen, vaultStatus } from './vault-message.ts';
import { wireCount, wireDuration, wireTime } from './wire-number.ts';
import { signalMessages, zoneStatus } from './zone-message.ts';

export function statusMessage(view: EngineView, clock: Clock): Status {
  const explained = view.monitor.explain();
  const { vaultPage } = view;
  return create(StatusSchema, {
    version: view.version,
    host: view.hostName,
    time: wireTime(clock.wallMs()),
    uptime: wireDuration(clock.nowMs() - view.startedMs),
    zone: zoneStatus(view, explained),
    signals: signalMessages(explained.signals),
    flow: flow(view.statePage, view.recentAckTimes()),
    destinations: view.destinations.map((of, index) => destination(view, of, index)),
    vault: vaultPage ? vaultStatus(vaultPage) : view.hasVault ? vaultNotOpen() : undefined,
    replay: vaultPage && replayStatus(vaultPage, view.destinations),
    isDraining: view.isDraining,
  });
}

function flow(page: StatePage, ackTimes: TimeCounts): Flow {
  const sum = (counter: ShardCounter) => page.sum(counter);
  const [ackP50Ms, ackP99Ms] = [50, 99].map((percent) => ackTimes.percentileMs(percent));
  return create(FlowSchema, {
    ...(ackP50Ms === undefined ? {} : { ackP50Ms }),
    ...(ackP99Ms === undefined ? {} : { ackP99Ms }),
    receivedBatches: sum(ShardCounter.ReceivedBatches),
    receivedRecords: sum(ShardCounter.ReceivedRecords),
    receivedBytes: sum(ShardCounter.ReceivedBytes),
    ackedBatches: sum(ShardCounter.AckedBatches),
    ackedRecords: sum(ShardCounter.AckedRecords),
    vaultedBatches: sum(ShardCounter.VaultedBatches),
    refusedBatches: sum(ShardCounter.RefusedBatches),
    inFlightBatches: sum(ShardCounter.InflightBatches),
    inFlightBytes: sum(ShardCounter.InflightBytes),
    openConnections: wireCount(sum(ShardCounter.OpenConnections)),
    parkedConnections: wireCount(sum(ShardCounter.OpenParkedConnections)),
  });
}

function destination(view: EngineView, of: DestinationView, index: number): Destination {
  const { statePage, vaultPage } = view;
  const sum = (counter: DestinationCounter) => statePage.sumDestination(index, counter);
  const { id, isRequired, consumerIndex } = of;
  const consumer = consumerIndex === undefined ? undefined : vaultPage?.consumer(consumerIndex);
  return create(DestinationSchema, {
    id,
    state: destinationState(view, index),
    isRequired,
    deliveredBatches: sum(DestinationCounter.DeliveredBatches),
    deliveredRecords: sum(DestinationCounter.DeliveredRecords),
    rejectedRecords: sum(DestinationCounter.RejectedRecords),
    droppedRecords: sum(DestinationCounter.DroppedRecords),
    queuedBatches: sum(DestinationCounter.QueuedBatches),
    inFlightRequests: wireCount(sum(DestinationCounter.InflightRequests)),
    failedRequests: sum(DestinationCounter.FailedRequests),
    vaultBatches: consumer?.get(ConsumerWord.Unsettled) ?? 0,
  });
}

/** Each shard has a breaker of its own: what one of them found is worth knowing. */
export function destinationState(
  { statePage, zonePage }: EngineView,
  index: number,
): Destination_State {
  const gauges = Array.from({ length: zonePage.shardCount }, (_, shard) =>
    statePage.shard(shard).destination(index).get(DestinationCounter.OpenBreaker),
  );
  if (gauges.includes(breakerOpen)) return Destination_State.DOWN;
  return gauges.includes(breakerProbing) ? Destination_State.PROBING : Destination_State.WORKS;
}

// DestinationCounter.OpenBreaker
const breakerOpen = 1;
const breakerProbing = 2;
