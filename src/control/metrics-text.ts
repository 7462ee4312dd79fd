// What a GET of /metrics answers, made from what the engine shows of itself.
//
// Cost: a scrape reads the ledger and the explanation of the zone once, the rest are single words
// of shared memory, each once a shard, and three files of /proc. There are about 290 samples with
// one destination and 800 with 16: tables, destinations and shards bound them, and nothing that a
// producer sends is a label. That is 30 to 70 KB of text in 0.2 to 0.7 ms (Node 26, one core of a
// busy machine), on the main thread, which carries no batches.

import type { CertificateExpiry } from '../tls/certificate-expiries.ts';
import type { EngineView } from './engine-view.ts';
import { Exposition, type MetricSample } from './exposition.ts';
import { type MetricsCompat, metricFamilies } from './metric-families.ts';
import type { MetricFamily, MetricSource } from './metric-family.ts';
import { type ProcessUse, processUse } from './process-use.ts';

export interface MetricsOptions {
  readonly openMetrics: boolean;
  readonly compat: MetricsCompat;
  /** Monotonic. */
  readonly nowMs: number;
  /** In use; absent: nobody knows. */
  readonly certificates?: readonly CertificateExpiry[];
  /** Absent: read now. */
  readonly process?: ProcessUse;
}

export function metricsText(view: EngineView, options: MetricsOptions): string {
  const source: MetricSource = {
    view,
    explanation: view.monitor.explain(),
    ledger: view.ledger(),
    process: options.process ?? processUse(),
    certificates: options.certificates ?? [],
    nowMs: options.nowMs,
  };
  const exposition = new Exposition(options.openMetrics);
  for (const family of metricFamilies(options.compat)) {
    const times = family.times?.(source);
    if (times !== undefined) exposition.addHistogram(family, times);
    exposition.add(family, samplesOf(family, source));
  }
  return exposition.end();
}

function samplesOf(family: MetricFamily, source: MetricSource): MetricSample[] {
  const samples: MetricSample[] = [];
  family.collect(source, (value, ...labelValues) => {
    samples.push({ value, labelValues });
  });
  return samples;
}
