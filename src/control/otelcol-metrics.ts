// Names of the OpenTelemetry Collector for numbers that mean the same here, so that its dashboards
// show an engine that took its place. Without `_total`, as the Collector exposes them.

import { DestinationCounter } from '../memory/state-page.ts';
import { TransportCounter } from '../memory/transport-counters.ts';
import type { DestinationView } from './engine-view.ts';
import { eachDestination, hasQueue } from './export-metrics.ts';
import { transports } from './ingester-metrics.ts';
import { counter, counters, gauge, gauges, type MetricFamily } from './metric-family.ts';

export const otelcolFamilies: readonly MetricFamily[] = [
  receiverRecords(
    'otelcol_receiver_accepted_log_records',
    'gophership_ingester_acked_records_total, of each port.',
    TransportCounter.AckedRecords,
  ),
  receiverRecords(
    'otelcol_receiver_refused_log_records',
    'gophership_ingester_failed_records_total.',
    TransportCounter.FailedRecords,
  ),
  records(
    'otelcol_exporter_sent_log_records',
    'gophership_export_delivered_records_total.',
    DestinationCounter.DeliveredRecords,
    () => true,
  ),
  records(
    'otelcol_exporter_send_failed_log_records',
    'gophership_export_rejected_records_total.',
    DestinationCounter.RejectedRecords,
    hasQueue,
  ),
  records(
    'otelcol_exporter_enqueue_failed_log_records',
    'gophership_export_dropped_records_total.',
    DestinationCounter.DroppedRecords,
    ({ isRequired }) => !isRequired,
  ),
  gauges(
    'otelcol_exporter_queue_size',
    ['exporter'],
    'gophership_export_queued_batches.',
    (source, emit) => {
      eachDestination(source, hasQueue, ({ id }, index) => {
        const { statePage } = source.view;
        emit(statePage.sumDestination(index, DestinationCounter.QueuedBatches), id);
      });
    },
  ),
  gauges(
    'otelcol_exporter_in_flight_requests',
    ['exporter'],
    'gophership_export_inflight_requests.',
    (source, emit) => {
      eachDestination(source, hasQueue, ({ id }, index) => {
        const { statePage } = source.view;
        emit(statePage.sumDestination(index, DestinationCounter.InflightRequests), id);
      });
    },
  ),
  counter(
    'otelcol_process_uptime',
    'Seconds since the engine started.',
    ({ view, nowMs }) => (nowMs - view.startedMs) / 1_000,
  ),
  counter(
    'otelcol_process_cpu_seconds',
    'process_cpu_seconds_total.',
    ({ process }) => process.cpuSeconds,
  ),
  gauge(
    'otelcol_process_memory_rss',
    'process_resident_memory_bytes.',
    ({ process }) => process.residentBytes,
  ),
];

function receiverRecords(name: string, help: string, word: TransportCounter): MetricFamily {
  return counters(name, ['receiver', 'transport'], help, ({ view }, emit) => {
    for (const [port, transport] of transports) {
      emit(view.statePage.sumTransport(transport, word), 'otlp', port);
    }
  });
}

function records(
  name: string,
  help: string,
  word: DestinationCounter,
  has: (destination: DestinationView) => boolean,
): MetricFamily {
  return counters(name, ['exporter'], help, (source, emit) => {
    eachDestination(source, has, ({ id }, index) => {
      emit(source.view.statePage.sumDestination(index, word), id);
    });
  });
}
