// What the curves are drawn from: a sample a second, from the history that the engine keeps, or,
// where it keeps none, from the statuses as they come.

import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Status } from '../../generated/gophership/control/v1/control_pb.js';
import type { GetHistoryResponse } from '../../generated/gophership/control/v1/history_pb.js';

export interface Sample {
  /** Of the engine's clock. */
  readonly wallMs: number;
  /** Batches a second since the sample before. */
  readonly rates: Readonly<Record<FlowName, number>>;
  /** By the name of the signal. */
  readonly signals: ReadonlyMap<string, number>;
}

export type FlowName = 'received' | 'acked' | 'exported' | 'vaulted' | 'refused' | 'replayed';

/** As many as the widest curve shows, and what its first second goes on from. */
export const samplesMax = 90;
export const curveSecondsMax = 60;

export function samplesOf(history: GetHistoryResponse): Sample[] {
  return history.time.map((wallMs, index) => ({
    wallMs,
    rates: {
      received: history.receivedBatchesPerSecond[index] ?? Number.NaN,
      acked: history.ackedBatchesPerSecond[index] ?? Number.NaN,
      exported: history.exportedBatchesPerSecond[index] ?? Number.NaN,
      vaulted: history.vaultedBatchesPerSecond[index] ?? Number.NaN,
      refused: history.refusedBatchesPerSecond[index] ?? Number.NaN,
      replayed: history.replayedBatchesPerSecond[index] ?? Number.NaN,
    },
    signals: new Map(
      history.signals.map(({ name, value }) => [name, value[index] ?? Number.NaN] as const),
    ),
  }));
}

/** Undefined: they do not follow on each other. */
export function sampleBetween(before: Status, now: Status): Sample | undefined {
  if (before.time === undefined || now.time === undefined) return undefined;
  const wallMs = timestampMs(now.time);
  const elapsedMs = wallMs - timestampMs(before.time);
  const [then, after] = [totals(before), totals(now)];
  // Totals that went down are those of another process.
  if (elapsedMs <= 0 || after.received < then.received) return undefined;
  const rate = (name: FlowName) => ((after[name] - then[name]) * 1_000) / elapsedMs;
  return {
    wallMs,
    rates: {
      received: rate('received'),
      acked: rate('acked'),
      exported: rate('exported'),
      vaulted: rate('vaulted'),
      refused: rate('refused'),
      replayed: rate('replayed'),
    },
    signals: new Map(now.signals.map(({ name, value }) => [name, value])),
  };
}

/** Of what was received; undefined: not known. */
export interface Pace {
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
}

export function paceBetween(before: Status, now: Status): Pace | undefined {
  if (before.time === undefined || now.time === undefined) return undefined;
  const elapsedMs = timestampMs(now.time) - timestampMs(before.time);
  const records = (now.flow?.receivedRecords ?? 0) - (before.flow?.receivedRecords ?? 0);
  const sizeBytes = (now.flow?.receivedBytes ?? 0) - (before.flow?.receivedBytes ?? 0);
  if (elapsedMs <= 0 || records < 0 || sizeBytes < 0) return undefined;
  return {
    recordsPerSecond: (records * 1_000) / elapsedMs,
    bytesPerSecond: (sizeBytes * 1_000) / elapsedMs,
  };
}

export function totals({ flow, destinations, replay }: Status): Record<FlowName, number> {
  return {
    received: flow?.receivedBatches ?? 0,
    acked: flow?.ackedBatches ?? 0,
    exported: destinations.reduce((sum, { deliveredBatches }) => sum + deliveredBatches, 0),
    vaulted: flow?.vaultedBatches ?? 0,
    refused: flow?.refusedBatches ?? 0,
    replayed: replay?.replayedBatches ?? 0,
  };
}

/** Oldest first. A clock that was set back makes what was later than it meaningless. */
export function withSamples(known: readonly Sample[], more: readonly Sample[]): Sample[] {
  const samples = [...known];
  for (const sample of more) {
    while ((samples.at(-1)?.wallMs ?? Number.NEGATIVE_INFINITY) >= sample.wallMs) samples.pop();
    samples.push(sample);
  }
  return samples.slice(-samplesMax);
}

/** A value for each of the last seconds, the newest last; undefined: nothing is known of it. */
export function lastSeconds(
  samples: readonly Sample[],
  count: number,
  pick: (sample: Sample) => number | undefined,
): (number | undefined)[] {
  const seconds: (number | undefined)[] = new Array(Math.max(0, count)).fill(undefined);
  const newestMs = samples.at(-1)?.wallMs;
  if (newestMs === undefined) return seconds;
  // In Yellow, statuses come every five seconds: a value stands for those up to the next one.
  let freeMs = newestMs + 1;
  for (const sample of samples.toReversed()) {
    const untilMs = Math.min(freeMs - 1, sample.wallMs + standsMs);
    for (let ms = untilMs; ms >= sample.wallMs; ms -= 1_000) put(ms, pick(sample));
    put(sample.wallMs, pick(sample));
    freeMs = sample.wallMs;
  }
  return seconds;

  function put(ms: number, value: number | undefined): void {
    const index = count - 1 - Math.round(((newestMs ?? 0) - ms) / 1_000);
    if (index >= 0 && index < count) seconds[index] ??= value;
  }
}

/** One more than the pace of statuses in Yellow. */
const standsMs = 6_000;
