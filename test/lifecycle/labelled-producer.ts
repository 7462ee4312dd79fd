// Producers whose batches can be told apart wherever they arrive, and what has arrived of them: the
// ids of OracleProducer start anew with each, so the size of the record bodies says whose it is.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExportLogsServiceRequest } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { type OracleOptions, OracleProducer } from '../support/oracle-producer.ts';

export interface LabelledProducer {
  readonly producer: OracleProducer;
  /** Labels of the batches that were acknowledged. */
  readonly acked: () => string[];
}

/** `bodySizeBytes` must differ from that of every other producer of the test. */
export async function connectLabelled(
  options: OracleOptions & { readonly bodySizeBytes: number },
): Promise<LabelledProducer> {
  const producer = await OracleProducer.connect(options);
  return {
    producer,
    acked: () => [...producer.acked].map((id) => `${options.bodySizeBytes} ${id}`),
  };
}

/** How often each record arrived, by the label of its batch, then by its name. */
export type Arrivals = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function requestArrivals(requests: readonly ExportLogsServiceRequest[]): Arrivals {
  const arrivals = new Map<string, Map<string, number>>();
  for (const { resourceLogs } of requests) {
    for (const { scopeLogs } of resourceLogs) {
      for (const { logRecords } of scopeLogs) {
        for (const { eventName, body } of logRecords) {
          add(arrivals, eventName, String(body?.value.value ?? ''));
        }
      }
    }
  }
  return arrivals;
}

/**
 * Of all .jsonl files in `directory`; throws when a line is no JSON. `torn`: a last line without
 * its end is left out, as it is right after a kill.
 */
export function fileArrivals(directory: string, torn: 'torn' | 'whole'): Arrivals {
  const arrivals = new Map<string, Map<string, number>>();
  for (const name of readdirSync(directory).filter((entry) => entry.endsWith('.jsonl'))) {
    const lines = readFileSync(join(directory, name), 'utf8').split('\n');
    const rest = lines.pop() ?? '';
    if (rest !== '' && torn === 'whole') throw new Error(`${name} ends inside a line`);
    for (const line of lines) {
      for (const { eventName, body } of recordsOf(line, name)) {
        add(arrivals, eventName, body.stringValue);
      }
    }
  }
  return arrivals;
}

interface JsonRecord {
  readonly eventName: string;
  readonly body: { readonly stringValue: string };
}

/** The part of OTLP/JSON that these tests send. */
interface JsonRequest {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly { readonly logRecords: readonly JsonRecord[] }[];
  }[];
}

function recordsOf(line: string, name: string): JsonRecord[] {
  try {
    // What the file exporter writes; a field that is missing throws here too.
    const { resourceLogs } = JSON.parse(line) as JsonRequest;
    return resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords));
  } catch (cause) {
    throw new Error(`${name} has a bad line: ${line.slice(0, 200)}`, { cause });
  }
}

function add(arrivals: Map<string, Map<string, number>>, eventName: string, body: string): void {
  const label = `${body.length} ${eventName.split('/')[0]}`;
  const records = arrivals.get(label) ?? new Map<string, number>();
  arrivals.set(label, records);
  records.set(eventName, (records.get(eventName) ?? 0) + 1);
}
