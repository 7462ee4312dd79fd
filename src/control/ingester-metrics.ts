// What producers send and what they are answered. Sums over all shards; both ports together, but
// for what arrives.

import { type ErrorCode, errorTable } from '../errors.ts';
import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import { PivotCounter } from '../memory/pivot-counters.ts';
import { ShardCounter } from '../memory/state-page.ts';
import { Transport, TransportCounter } from '../memory/transport-counters.ts';
import {
  counter,
  counters,
  type EmitSample,
  gauge,
  type MetricFamily,
  type MetricSource,
  snakeCase,
  timeHistogram,
} from './metric-family.ts';

/** What a producer may be answered; the other codes of the table are for operators. */
const answerCodes: ReadonlySet<ErrorCode> = new Set([
  ...(['OTLP_MALFORMED', 'BODY_CORRUPT', 'BAD_TIMEOUT', 'COMPRESSED_FLAG'] as const),
  ...(['ENCODING_UNKNOWN', 'MESSAGE_TOO_LARGE', 'HEADERS_TOO_LARGE', 'METHOD_UNKNOWN'] as const),
  ...(['VERB', 'CONTENT_TYPE', 'HTTP_SYNTAX', 'QUEUE_FULL', 'DESTINATION_DOWN'] as const),
  ...(['ADMISSION_TIMEOUT', 'INTERNAL_FAULT', 'DRAINING', 'PRODUCER_STALLED'] as const),
  ...(['DEADLINE', 'VAULT_FULL', 'VAULT_FAILED'] as const),
]);

const codes = Object.keys(errorTable) as ErrorCode[]; // keyof of a const table

export const ingesterFamilies: readonly MetricFamily[] = [
  shardGauge(
    'gophership_ingester_open_connections',
    'Connections that are served.',
    ShardCounter.OpenConnections,
  ),
  shardGauge(
    'gophership_ingester_parked_connections',
    'Connections that were accepted and wait unread for a place (memory.max_connections).',
    ShardCounter.OpenParkedConnections,
  ),
  shardCounter(
    'gophership_ingester_connections_total',
    'Connections that were served.',
    ShardCounter.AcceptedConnections,
  ),
  shardCounter(
    'gophership_ingester_refused_connections_total',
    'Connections closed unread, because as many were parked as may be.',
    ShardCounter.RefusedConnections,
  ),
  shardCounter(
    'gophership_ingester_refused_streams_total',
    'HTTP/2 streams refused for a shard that had as many requests open as its heap may hold.',
    ShardCounter.RefusedStreams,
  ),
  shardCounter(
    'gophership_ingester_tls_failures_total',
    'TLS handshakes that failed, most of them for want of a good client certificate.',
    ShardCounter.TlsFailures,
  ),
  transportCounter(
    'gophership_ingester_received_batches_total',
    'Requests of producers that arrived whole, by the port: grpc or http.',
    TransportCounter.ReceivedBatches,
  ),
  transportCounter(
    'gophership_ingester_received_records_total',
    'Records in them; those of a compressed or JSON body that went to the vault as it came are ' +
      'not counted.',
    TransportCounter.ReceivedRecords,
  ),
  transportCounter(
    'gophership_ingester_received_bytes_total',
    'Size of the bodies as accepted: protobuf without compression, or as they came.',
    TransportCounter.ReceivedBytes,
  ),
  shardCounter(
    'gophership_ingester_acked_batches_total',
    'Batches whose producer was told that they are safe.',
    ShardCounter.AckedBatches,
  ),
  shardCounter(
    'gophership_ingester_acked_records_total',
    'Records in them, as far as they are counted.',
    ShardCounter.AckedRecords,
  ),
  shardCounter(
    'gophership_ingester_acked_bytes_total',
    'Size of their bodies.',
    ShardCounter.AckedBytes,
  ),
  timeHistogram(
    'gophership_ack_seconds',
    'From the last byte of a request to its answer OK: waiting for memory, decompression, and the ' +
      'destinations or the vault.',
    ({ view }) => view.statePage.ackTimes(),
  ),
  counters(
    'gophership_ingester_refused_total',
    ['code'],
    'Calls answered with an error, whole or not, by its code (docs/OPERATIONS.md).',
    ({ view }, emit) => {
      for (const code of codes) {
        const count = view.statePage.sumRefused(code);
        if (count > 0 || answerCodes.has(code)) emit(count, code);
      }
    },
  ),
  shardCounter(
    'gophership_ingester_failed_batches_total',
    'Batches that arrived whole and were answered with an error.',
    ShardCounter.FailedBatches,
  ),
  transportCounter(
    'gophership_ingester_failed_records_total',
    'Records in them, as far as they are counted.',
    TransportCounter.FailedRecords,
  ),
  shardCounter(
    'gophership_ingester_gone_batches_total',
    'Batches that arrived whole and whose producer had gone before the answer.',
    ShardCounter.GoneBatches,
  ),
  shardCounter(
    'gophership_ingester_partly_delivered_batches_total',
    'Batches given up after one destination had them and another had not: if the producer sends ' +
      'them again, the first gets them twice.',
    ShardCounter.PartlyDeliveredBatches,
  ),
  counter(
    'gophership_ingester_read_pause_seconds_total',
    'How long connections were left unread, in sum: for want of memory, or because their client ' +
      'floods us or does not read. Each pause counts when it is over.',
    ({ view }) => view.statePage.sum(ShardCounter.ReadPauseMs) / 1_000,
  ),
  shardGauge(
    'gophership_ingester_inflight_batches',
    'Whole batches in memory: not answered yet, or not yet let go of by a destination or the vault.',
    ShardCounter.InflightBatches,
  ),
  shardGauge(
    'gophership_ingester_inflight_bytes',
    'Size of their bodies.',
    ShardCounter.InflightBytes,
  ),
  counters(
    'gophership_pivots_total',
    ['to', 'reason'],
    'Decisions where a batch goes, and why. Another one for a batch that is hedged, or that the ' +
      'vault did not take.',
    ({ view }, emit) => {
      for (const [to, reason, word] of pivots) emit(view.statePage.sumPivot(word), to, reason);
    },
  ),
  shardCounter(
    'gophership_pivot_direct_batches_total',
    'Of the acknowledged: because every required destination had settled them.',
    ShardCounter.DirectBatches,
  ),
  shardCounter(
    'gophership_pivot_vaulted_batches_total',
    'Of the acknowledged: because the vault had them on disk.',
    ShardCounter.VaultedBatches,
  ),
  shardCounter(
    'gophership_pivot_vaulted_records_total',
    'Records in them, as far as they are counted.',
    ShardCounter.VaultedRecords,
  ),
  shardCounter(
    'gophership_pivot_vaulted_bytes_total',
    'Size of their bodies.',
    ShardCounter.VaultedBytes,
  ),
  shardCounter(
    'gophership_pivot_hedged_batches_total',
    'Of those in the vault: they were sent as well, and no answer had come in time.',
    ShardCounter.HedgedBatches,
  ),
  counters(
    'gophership_http2_abuse_total',
    ['reason'],
    'Bounds of a connection that peers ran into.',
    ({ view }, emit) => {
      for (const [name, reason] of abuseReasons) emit(view.statePage.sumAbuse(reason), name);
    },
  ),
];

const abuseReasons = Object.entries(ConnectionAbuse).map(
  ([name, reason]) => [snakeCase(name), reason] as const,
);

/** `VaultRedZone` goes to the vault, because of red_zone. */
export const pivots = Object.entries(PivotCounter).map(([name, word]) => {
  const [to = '', ...reason] = snakeCase(name).split('_');
  return [to, reason.join('_'), word] as const;
});

/** As the label of the Collector has them. */
export const transports: readonly [name: string, transport: Transport][] = [
  ['grpc', Transport.Grpc],
  ['http', Transport.Http],
];

function transportCounter(name: string, help: string, word: TransportCounter): MetricFamily {
  return counters(name, ['transport'], help, emitTransports(word));
}

function emitTransports(word: TransportCounter) {
  return ({ view }: MetricSource, emit: EmitSample) => {
    for (const [name, transport] of transports) {
      emit(view.statePage.sumTransport(transport, word), name);
    }
  };
}

function shardCounter(name: string, help: string, word: ShardCounter): MetricFamily {
  return counter(name, help, ({ view }) => view.statePage.sum(word));
}

function shardGauge(name: string, help: string, word: ShardCounter): MetricFamily {
  return gauge(name, help, ({ view }) => view.statePage.sum(word));
}
