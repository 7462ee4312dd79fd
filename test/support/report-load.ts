// Producers for the tests of field reports: connections that send batches of one numbered record
// back to back, again when they are told so, and note what was acknowledged, what was refused and
// how, and everything that cut a call or a connection short. Batches of a load share their filler,
// so that gigabytes of them at once take no memory here.

import { randomBytes } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { exportBlock, okBody } from '../soak/soak-rig.ts';
import { testCertificates } from './certificates.ts';
import type { RawAnswer } from './raw-call.ts';
import { headerBlock } from './raw-frames.ts';
import { RawHttp2Client } from './raw-http2-client.ts';
import { delimited, text } from './wire-bytes.ts';

export interface LoadOptions {
  readonly port: number;
  /** Default 1. */
  readonly connections?: number;
  /** Calls at once on each connection. Default 8. */
  readonly inFlight?: number;
  /** Of the text of the one record. */
  readonly sizeBytes: number;
  /** Default 0: ids count from here on. */
  readonly firstId?: number;
  /** `grpc-timeout` of each call. Default: none, and the engine's own applies. */
  readonly timeoutMs?: number;
  /** Default 20: before a batch that was refused is sent again. Infinity: it is not. */
  readonly retryDelayMs?: number;
}

export interface RunOptions {
  /** Batches, until all are acknowledged. */
  readonly count?: number;
  /** For so long; a batch that is refused at the end stays so. */
  readonly durationMs?: number;
  /** Over all connections. Default: as many as are answered. */
  readonly batchesPerSecond?: number;
}

export class ReportLoad {
  readonly acked = new Set<number>();
  /** `STATUS CODE` of each refusal, and how often. */
  readonly refusals = new Map<string, number>();
  /** What ended a call or a connection without an answer: no load may. */
  readonly cuts: string[] = [];
  readonly #options: LoadOptions;
  readonly #clients: RawHttp2Client[];
  readonly #retryDelayMs: number;
  readonly #block: Uint8Array;
  readonly #head: Buffer;
  readonly #filler: Buffer;
  #nextId: number;

  static async connect(options: LoadOptions): Promise<ReportLoad> {
    const secureContext = await producerContext();
    const { port, connections = 1 } = options;
    const connect = () => RawHttp2Client.connect({ port, servername: 'localhost', secureContext });
    const clients = await Promise.all(Array.from({ length: connections }, connect));
    return new ReportLoad(options, clients);
  }

  private constructor(options: LoadOptions, clients: RawHttp2Client[]) {
    this.#options = options;
    this.#clients = clients;
    this.#retryDelayMs = options.retryDelayMs ?? 20;
    const { timeoutMs } = options;
    const timeout =
      timeoutMs === undefined ? [] : [headerBlock([['grpc-timeout', `${timeoutMs}m`]])];
    this.#block = Buffer.concat([exportBlock, ...timeout]);
    const message = batchMessage(0, options.sizeBytes);
    const headSizeBytes = message.length - options.sizeBytes + idSizeBytes;
    this.#head = message.subarray(0, headSizeBytes);
    this.#filler = message.subarray(headSizeBytes);
    this.#nextId = options.firstId ?? 0;
  }

  /** Resolves when each batch that was begun has its last answer. */
  async run({ count = Infinity, durationMs = Infinity, batchesPerSecond }: RunOptions) {
    const startedMs = performance.now();
    const endMs = startedMs + durationMs;
    let begun = 0;
    const lane = async (client: RawHttp2Client) => {
      while (begun < count && performance.now() < endMs && !client.isClosed) {
        const dueMs = batchesPerSecond === undefined ? 0 : (begun * 1_000) / batchesPerSecond;
        begun += 1;
        const earlyMs = startedMs + dueMs - performance.now();
        if (earlyMs > 1) await elapsed(earlyMs);
        await this.#send(client, this.#nextId++, endMs);
      }
    };
    const { inFlight = 8 } = this.#options;
    await Promise.all(
      this.#clients.flatMap((client) => Array.from({ length: inFlight }, () => lane(client))),
    );
    for (const { goaway, error, isClosed } of this.#clients) {
      if (goaway !== undefined) this.cuts.push(`GOAWAY ${goaway.errorCode} ${goaway.reason}`);
      else if (isClosed) this.cuts.push(`closed: ${error?.message ?? 'no reason given'}`);
    }
  }

  /** Calls that were refused for load, by whatever code. */
  get refusalCount(): number {
    return [...this.refusals.values()].reduce((sum, times) => sum + times, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end()));
  }

  async #send(client: RawHttp2Client, id: number, endMs: number): Promise<void> {
    const head = Buffer.from(this.#head);
    head.write(idText(id), head.length - idSizeBytes, 'latin1');
    for (;;) {
      const outcome = await this.#attempt(client, head);
      if (outcome === undefined) return;
      if (outcome === 'OK') {
        this.acked.add(id);
        return;
      }
      this.refusals.set(outcome, (this.refusals.get(outcome) ?? 0) + 1);
      if (performance.now() >= endMs || !isRetryable(outcome)) return;
      if (this.#retryDelayMs === Infinity) return;
      await elapsed(this.#retryDelayMs);
    }
  }

  async #attempt(client: RawHttp2Client, head: Buffer): Promise<string | undefined> {
    const { streamId, answer } = await client.callWhenFree(this.#block);
    void client.data(streamId, head, false).then(() => client.data(streamId, this.#filler));
    try {
      const got = await answer;
      if (got.resetCode === undefined) return outcomeOf(got);
      this.cuts.push(`RST_STREAM ${got.resetCode}`);
    } catch (error) {
      this.cuts.push(String(error));
    }
    return undefined;
  }
}

/** `OK`, or `14 VAULT_FULL`: our answers are literals without a code (RFC 7541 section 5.2). */
export function outcomeOf({ headers, body }: RawAnswer): string {
  if (body.equals(okBody)) return 'OK';
  if (body.length > okBody.length) return 'in part';
  const fields = headers.toString('latin1');
  const status = /grpc-status.(\d+)/s.exec(fields)?.[1] ?? '?';
  // Behind the length, which may look like a letter; of two bytes from 127 on.
  const code = /grpc-message(?:\x7f.|[^\x7f])([A-Z_]+)/s.exec(fields)?.[1] ?? '';
  return `${status} ${code}`.trim();
}

/** The codes of OTLP 1.11, "Failures", without the one that asks for more: RetryInfo. */
function isRetryable(outcome: string): boolean {
  return ['1', '4', '10', '11', '14', '15'].includes(outcome.split(' ')[0] ?? '');
}

/** A whole gRPC message: one record, whose text is the id and then noise. */
export function batchMessage(id: number, sizeBytes: number): Buffer {
  const noise = randomBytes(Math.ceil((sizeBytes * 3) / 4)).toString('base64');
  const body = text(`${idText(id)}${noise}`.slice(0, sizeBytes));
  const record = delimited(5, delimited(1, body));
  const request = delimited(1, delimited(2, delimited(2, record)));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(request.length, 1);
  return Buffer.concat([prefix, request]);
}

/** The id in the text of a record of such a batch. */
export function idOf(recordText: string): number {
  const digits = /^report-(\d{8}) /.exec(recordText)?.[1];
  if (digits === undefined) throw new Error(`no batch of ours: ${recordText.slice(0, 40)}`);
  return Number(digits);
}

function idText(id: number): string {
  return `report-${String(id).padStart(8, '0')} `;
}

export const idSizeBytes = idText(0).length;

/** For any number of connections; no session is taken up again. */
export async function producerContext() {
  const { caPem, client } = await testCertificates();
  return createSecureContext({
    ...{ ca: caPem, cert: client.certPem, key: client.keyPem },
    minVersion: 'TLSv1.3',
  });
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
