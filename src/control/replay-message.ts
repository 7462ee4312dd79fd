// The replay as messages: what it does, why, what an operator has set, and what it would send.

import { create } from '@bufbuild/protobuf';
import { Destination_State } from '../generated/gophership/control/v1/control_pb.js';
import {
  type EstimateReplayResponse,
  EstimateReplayResponseSchema,
  type Replay,
  ReplaySchema,
} from '../generated/gophership/control/v1/replay_pb.js';
import { VaultWord } from '../memory/vault-page.ts';
import { Zone } from '../memory/zone-word.ts';
import type { DestinationView, EngineView } from './engine-view.ts';
import { replayEtaMs } from './replay-eta.ts';
import { planMessage, wireOrder } from './replay-request.ts';
import type { ReplayEstimateView, ReplayStatusView } from './replay-view.ts';
import { destinationState } from './status-message.ts';
import { wireDuration, wireTime } from './wire-number.ts';

/** Who set what acts, as far as this process has heard. */
export interface ReplayAuthor {
  readonly by: string;
  readonly reason: string;
  readonly wallMs: number;
}

export function replayMessage(
  view: EngineView,
  status: ReplayStatusView,
  author: ReplayAuthor | undefined,
): Replay {
  const { vaultPage: page, destinations } = view;
  return create(ReplaySchema, {
    state: replayStateOf(view, status),
    reason: replayReason(view.zonePage.zone.get(), status),
    plan: planMessage(status.plan),
    order: wireOrder(status.order),
    rateBytesPerSecond: status.limits.rateBytesPerSecond,
    allowedBytesPerSecond: status.rateBytesPerSecond,
    isRangeDone: status.isRangeDone,
    isDraining: status.draining,
    vaultUsedPercent: status.usePercent,
    destinations: destinations.flatMap((destination, index) =>
      destinationMessages(view, status, destination, index),
    ),
    eta: wireDuration(page && replayEtaMs(page, destinations)),
    replayedBatches: page?.get(VaultWord.ReplayedEntries) ?? 0,
    replayedBytes: page?.get(VaultWord.ReplayedBytes) ?? 0,
    by: author?.by ?? '',
    byReason: author?.reason ?? '',
    since: wireTime(author?.wallMs),
  });
}

/** @param rateBytesPerSecond at which it would be sent */
export function estimateMessage(
  destinations: readonly DestinationView[],
  estimate: ReplayEstimateView,
  isComplete: boolean,
  rateBytesPerSecond: number,
): EstimateReplayResponse {
  const rows = destinations.flatMap(({ id, consumerIndex }) => {
    const counted = consumerIndex === undefined ? undefined : estimate.consumers[consumerIndex];
    if (counted === undefined) return [];
    const { entries: batches, bodyBytes: bytes, recordsMin, uncountedEntries } = counted;
    return [{ id, batches, bytes, recordsMin, uncountedBatches: uncountedEntries }];
  });
  const sum = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((total, row) => total + of(row), 0);
  const bytes = sum((row) => row.bytes);
  return create(EstimateReplayResponseSchema, {
    isComplete,
    segments: estimate.segments,
    batches: sum((row) => row.batches),
    bytes,
    recordsMin: sum((row) => row.recordsMin),
    uncountedBatches: sum((row) => row.uncountedBatches),
    lostBatches: estimate.lostEntries,
    durationMin: wireDuration((1_000 * bytes) / rateBytesPerSecond),
    rateBytesPerSecond,
    destinations: rows,
  });
}

function replayStateOf({ isStopping }: EngineView, status: ReplayStatusView): string {
  if (isStopping) return 'stopped';
  if (status.paused && !status.draining) return 'paused';
  return status.rateBytesPerSecond === 0 ? 'held' : 'running';
}

/** What holds or slows it; empty: nothing does. */
export function replayReason(zone: Zone, status: ReplayStatusView): string {
  const { paused, draining, isDiskBusy, limits, rateBytesPerSecond } = status;
  if (paused && !draining) return 'an operator has paused it';
  const isHeld = rateBytesPerSecond === 0;
  if (zone === Zone.Red) {
    return isHeld
      ? 'the zone is Red: nothing is replayed until the vault is more than half full'
      : 'the vault is more than half full: some of it is replayed although the zone is Red';
  }
  if (zone === Zone.Yellow) {
    return isHeld
      ? 'the zone is Yellow, and replay.yellow_rate is 0'
      : 'the zone is Yellow: slower';
  }
  if (!isDiskBusy || rateBytesPerSecond >= limits.rateBytesPerSecond) return '';
  return isHeld
    ? 'others wait for the disk, and replay.yellow_rate is 0'
    : 'others wait for the disk: slower';
}

function destinationMessages(
  view: EngineView,
  status: ReplayStatusView,
  { id, consumerIndex }: DestinationView,
  index: number,
) {
  const consumer = consumerIndex === undefined ? undefined : status.consumers[consumerIndex];
  if (consumer === undefined) return [];
  return [
    {
      id,
      waitingBatches: consumer.unsettled,
      sendingBatches: consumer.outstanding,
      heldBatches: consumer.held,
      isDeadLetterFull: consumer.deadLetterFull,
      isDown: destinationState(view, index) !== Destination_State.WORKS,
    },
  ];
}
