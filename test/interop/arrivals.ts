// What arrived at the sink, flattened to one row a record, and the check that every test of this
// folder ends with.

import assert from 'node:assert/strict';
import type { ExportLogsServiceRequest } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import type { KeyValue } from '../../src/generated/opentelemetry/proto/common/v1/common_pb.js';
import { enrichedAttributes } from './interop-pipeline.ts';

export interface Arrival {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly timeUnixNano: bigint;
  readonly body: unknown;
}

export function arrivals(requests: readonly ExportLogsServiceRequest[]): Arrival[] {
  return requests.flatMap(({ resourceLogs }) =>
    resourceLogs.flatMap(({ resource, scopeLogs }) => {
      const resourceAttributes = valuesOf(resource?.attributes ?? []);
      return scopeLogs.flatMap(({ logRecords }) =>
        logRecords.map((record) => ({
          resource: resourceAttributes,
          attributes: valuesOf(record.attributes),
          timeUnixNano: record.timeUnixNano,
          body: record.body?.value.value,
        })),
      );
    }),
  );
}

export interface Expectation {
  readonly runId: string;
  readonly logCount: number;
  /** How often each record was sent on purpose; default 1. */
  readonly copies?: number;
  /** What tells one record of the run from another. */
  readonly identity: (arrival: Arrival) => unknown;
}

/** Every record of the run arrived as often as it was sent, with the attributes that we add. */
export function checkArrivals(
  requests: readonly ExportLogsServiceRequest[],
  { runId, logCount, copies = 1, identity }: Expectation,
): void {
  const rows = arrivals(requests).filter(({ resource }) => resource['run.id'] === runId);
  assert.equal(rows.length, logCount * copies, 'records that arrived');
  assert.equal(new Set(rows.map(identity)).size, logCount, 'different records that arrived');
  const enriched = rows.filter(({ resource }) =>
    Object.entries(enrichedAttributes).every(([key, value]) => resource[key] === value),
  );
  assert.equal(enriched.length, logCount * copies, 'records with the added resource attributes');
}

/** One telemetrygen worker reads the clock for each record; nothing else differs. */
export const byTime = ({ timeUnixNano }: Arrival) => timeUnixNano;
export const byNumber = ({ attributes }: Arrival) => attributes['record.number'];

function valuesOf(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value?.value.value]));
}
