// A producer that keeps books outside of the engine: every record has an id, a batch is sent again
// only when OTLP says that it may be, and it is remembered which ids were acknowledged.

import http2 from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import { testCertificates } from './certificates.ts';
import { call, type GrpcAnswer } from './listener-harness.ts';

export interface OracleOptions {
  readonly port: number;
  readonly recordsPerBatch?: number;
  readonly bodySizeBytes?: number;
  /** `grpc-timeout` of each attempt. */
  readonly timeoutMs?: number;
  /** Attempts at one batch; the last failure is final. */
  readonly attemptsMax?: number;
  /** Between attempts; the RetryInfo that the engine sends is for producers with patience. */
  readonly retryDelayMs?: number;
}

const retryable = new Set(['1', '4', '10', '11', '14', '15']);

export class OracleProducer {
  /** Ids of batches that were answered OK, and those of which one attempt at least was. */
  readonly acked = new Set<string>();
  readonly failed = new Set<string>();
  /** Every answer but OK, `STATUS CODE`, and how often. */
  readonly refusals = new Map<string, number>();
  /** Attempts that ended without an answer of the engine: their outcome is not known. */
  unanswered = 0;
  readonly #options: OracleOptions;
  readonly #session: http2.ClientHttp2Session;
  #nextBatch = 0;

  static async connect(options: OracleOptions): Promise<OracleProducer> {
    const { caPem, client } = await testCertificates();
    const session = http2.connect(`https://127.0.0.1:${options.port}`, {
      ca: caPem,
      cert: client.certPem,
      key: client.keyPem,
      servername: 'localhost',
    });
    session.on('error', () => {}); // the calls report it
    return new OracleProducer(options, session);
  }

  private constructor(options: OracleOptions, session: http2.ClientHttp2Session) {
    this.#options = options;
    this.#session = session;
  }

  get connected(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  /** Sends `count` batches, `inFlightMax` at a time; resolves when each has its final answer. */
  async send(count: number, inFlightMax = 8): Promise<void> {
    let left = count;
    const lane = async () => {
      while (left > 0) {
        left -= 1;
        await this.#sendOne();
      }
    };
    await Promise.all(Array.from({ length: Math.min(inFlightMax, count) }, lane));
  }

  close(): void {
    this.#session.destroy();
  }

  async #sendOne(): Promise<void> {
    const { recordsPerBatch = 4, bodySizeBytes = 100 } = this.#options;
    const id = `batch-${this.#nextBatch++}`;
    const body = frameMessage(requestBytes(id, recordsPerBatch, bodySizeBytes));
    for (let attempt = 0; attempt < (this.#options.attemptsMax ?? 100); attempt += 1) {
      const { outcome } = await this.#attempt(body);
      if (outcome === '0') {
        this.acked.add(id);
        return;
      }
      this.refusals.set(outcome, (this.refusals.get(outcome) ?? 0) + 1);
      const status = outcome.split(' ')[0] ?? '';
      if (/^\d+$/.test(status)) {
        if (!retryable.has(status)) break;
      } else {
        this.unanswered += 1;
        if (!this.connected) break;
      }
      await new Promise((resolve) => setTimeout(resolve, this.#options.retryDelayMs ?? 20));
    }
    this.failed.add(id);
  }

  async #attempt(body: Uint8Array): Promise<GrpcAnswer> {
    const { timeoutMs } = this.#options;
    const headers = timeoutMs === undefined ? {} : { 'grpc-timeout': `${timeoutMs}m` };
    if (!this.connected) return { outcome: 'not connected', fields: {} };
    try {
      return await call(this.#session, body, headers);
    } catch {
      // request() on a session that has just been told to go away.
      return { outcome: 'not connected', fields: {} };
    }
  }
}

function requestBytes(id: string, recordCount: number, bodySizeBytes: number): Uint8Array {
  const logRecords = Array.from({ length: recordCount }, (_, index) => ({
    eventName: `${id}/${index}`,
    body: { value: { case: 'stringValue' as const, value: 'x'.repeat(bodySizeBytes) } },
  }));
  const request = create(ExportLogsServiceRequestSchema, {
    resourceLogs: [{ scopeLogs: [{ logRecords }] }],
  });
  return toBinary(ExportLogsServiceRequestSchema, request);
}

/**
 * How often each batch arrived; a batch that came in pieces counts as often as its most frequent
 * record.
 */
export function arrivalsByBatch(
  requests: readonly ExportLogsServiceRequest[],
): Map<string, { readonly times: number; readonly recordCount: number }> {
  const timesByRecord = new Map<string, number>();
  for (const { resourceLogs } of requests) {
    for (const { scopeLogs } of resourceLogs) {
      for (const { logRecords } of scopeLogs) {
        for (const { eventName } of logRecords) {
          timesByRecord.set(eventName, (timesByRecord.get(eventName) ?? 0) + 1);
        }
      }
    }
  }
  const batches = new Map<string, { times: number; recordCount: number }>();
  for (const [record, times] of timesByRecord) {
    const id = record.split('/')[0] ?? '';
    const batch = batches.get(id) ?? { times: 0, recordCount: 0 };
    batches.set(id, { times: Math.max(batch.times, times), recordCount: batch.recordCount + 1 });
  }
  return batches;
}
