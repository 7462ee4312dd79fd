// A family of metrics: one name, what it means, and where its numbers come from. All families are
// rows of tables (metric-families.ts), so that names, docs/METRICS.md and alert rules can be held
// against each other. A family reads numbers that are there anyway and emits only what is measured:
// what an engine does not have is absent, not 0.

import type { TimeCounts } from '../memory/time-histogram.ts';
import type { ZoneExplanation } from '../monitor/zone-explain.ts';
import type { CertificateExpiry } from '../tls/certificate-expiries.ts';
import type { EngineView, LedgerView } from './engine-view.ts';
import type { ProcessUse } from './process-use.ts';

/** What one scrape reads, each part of it once. */
export interface MetricSource {
  readonly view: EngineView;
  readonly explanation: ZoneExplanation;
  readonly ledger: LedgerView;
  readonly process: ProcessUse;
  readonly certificates: readonly CertificateExpiry[];
  /** Monotonic. */
  readonly nowMs: number;
}

/** `info`: always 1, what it says is in the labels. */
export type MetricType = 'counter' | 'gauge' | 'info' | 'histogram';

/** Values of the labels in the order in which the family names them. */
export type EmitSample = (value: number, ...labelValues: readonly string[]) => void;

export interface MetricFamily {
  /** Of its samples. */
  readonly name: string;
  readonly type: MetricType;
  /** One sentence or two on one line. */
  readonly help: string;
  /** Their values come from closed tables, configuration and shards, never from producers. */
  readonly labels: readonly string[];
  /** In one order, each set of labels at most once. A histogram emits nothing. */
  collect(source: MetricSource, emit: EmitSample): void;
  /** Of a histogram; undefined: not measured here. */
  readonly times?: (source: MetricSource) => TimeCounts | undefined;
}

type Collect = MetricFamily['collect'];
/** Undefined: not measured here. */
type Read = (source: MetricSource) => number | undefined;

/** Never goes back while the process runs. */
export function counter(name: string, help: string, read: Read): MetricFamily {
  return { name, type: 'counter', help, labels: [], collect: single(read) };
}

export function gauge(name: string, help: string, read: Read): MetricFamily {
  return { name, type: 'gauge', help, labels: [], collect: single(read) };
}

export function counters(
  name: string,
  labels: readonly string[],
  help: string,
  collect: Collect,
): MetricFamily {
  return { name, type: 'counter', help, labels, collect };
}

export function gauges(
  name: string,
  labels: readonly string[],
  help: string,
  collect: Collect,
): MetricFamily {
  return { name, type: 'gauge', help, labels, collect };
}

/** In seconds, with the buckets that exposition.ts gives every histogram. */
export function timeHistogram(
  name: string,
  help: string,
  times: (source: MetricSource) => TimeCounts | undefined,
): MetricFamily {
  return { name, type: 'histogram', help, labels: [], collect() {}, times };
}

/** One sample for each of `states`: 1 for the one that is, 0 for the others. */
export function stateGauge(
  name: string,
  states: readonly string[],
  help: string,
  read: (source: MetricSource) => string | undefined,
): MetricFamily {
  return gauges(name, ['state'], help, (source, emit) => {
    const current = read(source);
    if (current === undefined) return;
    for (const state of states) emit(state === current ? 1 : 0, state);
  });
}

/** Of a name in the code: a value of a label. */
export function snakeCase(name: string): string {
  return name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();
}

function single(read: Read): Collect {
  return (source, emit) => {
    const value = read(source);
    if (value !== undefined) emit(value);
  };
}
