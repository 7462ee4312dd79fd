// All metrics, in the order in which a scrape has them.

import { engineFamilies } from './engine-metrics.ts';
import { exportFamilies } from './export-metrics.ts';
import { ingesterFamilies } from './ingester-metrics.ts';
import { ledgerFamilies } from './ledger-metrics.ts';
import type { MetricFamily } from './metric-family.ts';
import { otelcolFamilies } from './otelcol-metrics.ts';
import { processFamilies } from './process-metrics.ts';
import { vaultFamilies } from './vault-metrics.ts';

/** `telemetry.metrics.compat` of the configuration. */
export type MetricsCompat = 'otelcol' | 'none';

export const ownFamilies: readonly MetricFamily[] = [
  ...engineFamilies,
  ...ingesterFamilies,
  ...exportFamilies,
  ...vaultFamilies,
  ...ledgerFamilies,
  ...processFamilies,
];

export function metricFamilies(compat: MetricsCompat): readonly MetricFamily[] {
  return compat === 'otelcol' ? [...ownFamilies, ...otelcolFamilies] : ownFamilies;
}
