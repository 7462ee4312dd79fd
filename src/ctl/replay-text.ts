// The replay, a plan for it and an estimate, as people read them and as programs get them.

import { durationMs, type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import {
  type EstimateReplayResponse,
  type Replay,
  type ReplayDestination,
  ReplayOrder,
  type ReplayPlan,
} from '../generated/gophership/control/v1/replay_pb.js';
import { printable } from '../tls/printable.ts';
import { countOf, countText, durationText, sizeText } from './quantity-text.ts';
import { columns } from './terminal.ts';
import { msOf, timeOf } from './zone-value.ts';

export function replayTable(replay: Replay): string {
  const headings = ['REPLAY', 'ORDER', 'RATE IN GREEN', 'NOW AT MOST', 'VAULT', 'ETA', 'REASON'];
  const row = [
    replay.state,
    orderWord(replay.order),
    rateText(replay.rateBytesPerSecond),
    rateText(replay.allowedBytesPerSecond),
    `${replay.vaultUsedPercent.toFixed(1)} %`,
    etaText(replay),
    replay.reason || '-',
  ];
  const parts = [columns(headings, [row]), ...notes(replay).map((line) => `${printable(line)}\n`)];
  return `${parts.join('')}\n${destinationTable(replay.destinations)}`;
}

export function replayValue(replay: Replay) {
  return {
    state: replay.state,
    reason: replay.reason,
    plan: planValue(replay.plan),
    order: orderWord(replay.order),
    rateBytesPerSecond: replay.rateBytesPerSecond,
    allowedBytesPerSecond: replay.allowedBytesPerSecond,
    isRangeDone: replay.isRangeDone,
    isDraining: replay.isDraining,
    vaultUsedPercent: replay.vaultUsedPercent,
    etaMs: msOf(replay.eta),
    replayedBatches: replay.replayedBatches,
    replayedBytes: replay.replayedBytes,
    by: replay.by,
    byReason: replay.byReason,
    since: timeOf(replay.since),
    destinations: replay.destinations.map(({ $typeName: _, $unknown: __, ...row }) => row),
  };
}

export function estimateTable(estimate: EstimateReplayResponse): string {
  const headings = ['DESTINATION', 'BATCHES', 'RECORDS', 'BYTES'];
  const rows = estimate.destinations.map((row) => [
    row.id,
    countText(row.batches),
    `${atLeast(row)}${countText(row.recordsMin)}`,
    sizeText(row.bytes),
  ]);
  const lines = estimateLines(estimate).map((line) => `${line}\n`);
  return `${columns(headings, rows)}\n${lines.join('')}`;
}

export function estimateValue(estimate: EstimateReplayResponse) {
  const { $typeName: _, $unknown: __, durationMin, destinations, ...numbers } = estimate;
  return {
    ...numbers,
    durationMinMs: msOf(durationMin),
    destinations: destinations.map(({ $typeName: _, $unknown: __, ...row }) => row),
  };
}

/** What it would send, in sentences. */
export function estimateLines(estimate: EstimateReplayResponse): string[] {
  const { isComplete, batches, bytes, segments, lostBatches, durationMin } = estimate;
  const soFar = isComplete ? '' : 'so far counted, there is more: ';
  const records = `${atLeast(estimate)}${countOf(estimate.recordsMin, 'record')}`;
  const what = `${batchesText(batches)}, ${records}, ${sizeText(bytes)}`;
  const time = durationMin === undefined ? '-' : durationText(durationMs(durationMin));
  return [
    `${soFar}${what}, in ${countOf(segments, 'segment')}`,
    `takes at least ${time} at ${rateText(estimate.rateBytesPerSecond)}, in Green`,
    ...(lostBatches > 0 ? [`${batchesText(lostBatches)} cannot be read`] : []),
  ];
}

/** "newest first, at most 20.0 MiB/s, received from 2026-01-02T03:04:05.000Z". */
export function planText(plan: ReplayPlan | undefined): string {
  const { order = ReplayOrder.UNSPECIFIED, rateBytesPerSecond, range } = plan ?? {};
  const from = range?.from && ` from ${momentText(range.from)}`;
  const to = range?.to && ` to ${momentText(range.to)}`;
  const parts = [
    ...(order === ReplayOrder.UNSPECIFIED ? [] : [`${orderWord(order)} first`]),
    ...(rateBytesPerSecond === undefined ? [] : [`at most ${rateText(rateBytesPerSecond)}`]),
    ...(range === undefined ? [] : [`received${from ?? ''}${to ?? ''}`]),
  ];
  return parts.length === 0 ? 'as configured' : parts.join(', ');
}

export function orderWord(order: ReplayOrder): string {
  switch (order) {
    case ReplayOrder.OLDEST:
      return 'oldest';
    case ReplayOrder.NEWEST:
      return 'newest';
    default: // also of a later engine
      return 'unknown';
  }
}

export function rateText(bytesPerSecond: number): string {
  return `${sizeText(bytesPerSecond)}/s`;
}

export function momentText(time: Timestamp): string {
  return timestampDate(time).toISOString();
}

export function etaText({ eta }: Pick<Replay, 'eta'>): string {
  return eta === undefined ? '-' : durationText(durationMs(eta));
}

export function batchesText(count: number): string {
  return countOf(count, 'batch', 'batches');
}

/** Where not all were counted. */
function atLeast({ uncountedBatches }: { readonly uncountedBatches: number }): string {
  return uncountedBatches > 0 ? 'at least ' : '';
}

function planValue(plan: ReplayPlan | undefined) {
  const { order = ReplayOrder.UNSPECIFIED, rateBytesPerSecond, range } = plan ?? {};
  return {
    order: order === ReplayOrder.UNSPECIFIED ? null : orderWord(order),
    rateBytesPerSecond: rateBytesPerSecond ?? null,
    from: timeOf(range?.from),
    to: timeOf(range?.to),
  };
}

function notes(replay: Replay): string[] {
  const { plan, by, byReason, since, isDraining, isRangeDone } = replay;
  const isPlanned = planText(plan) !== planText(undefined);
  const when = since === undefined ? '' : ` since ${momentText(since)}`;
  return [
    ...(isDraining ? ['drained: everything goes, and what was set waits for the end of that'] : []),
    ...(isPlanned ? [`set: ${planText(plan)}`] : []),
    ...(isRangeDone ? ['all that was received in that time has been sent'] : []),
    ...(by === '' ? [] : [`by ${by}${when}${byReason === '' ? '' : `: ${byReason}`}`]),
  ];
}

function destinationTable(destinations: readonly ReplayDestination[]): string {
  return columns(
    ['DESTINATION', 'WAITING', 'SENDING', 'HELD', 'STATE'],
    destinations.map((row) => [
      row.id,
      countText(row.waitingBatches),
      countText(row.sendingBatches),
      countText(row.heldBatches),
      row.isDeadLetterFull ? 'dead letter full' : row.isDown ? 'down' : 'works',
    ]),
  );
}
