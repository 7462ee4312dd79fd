// Hands rendered requests to the transport: compressed, named and counted. Knows the calls under
// way, so that close() can end them.

import type { Compression } from '../config/config.ts';
import { DestinationCounter, type DestinationCounters } from '../memory/state-page.ts';
import { type ExportBuffer, withPrefixRoom } from './export-buffer.ts';
import type { ExportTransport, RequestEnding, TransportCall } from './export-transport.ts';
import { compressPayload, type PayloadEncoding } from './payload-compression.ts';

export interface RequestSenderParts {
  readonly transport: ExportTransport;
  readonly compression: Compression;
  readonly counters: DestinationCounters;
  /** In front of the number that makes a request id; no other shard or process may have it. */
  readonly requestIdPrefix: string;
}

// Below this a compressed request saves less than its codec costs.
const compressedSizeBytesMin = 1024;

export class RequestSender {
  readonly #parts: RequestSenderParts;
  readonly #calls = new Set<TransportCall>();
  #requestCount = 0;
  #closed = false;

  constructor(parts: RequestSenderParts) {
    this.#parts = parts;
  }

  nextRequestId(): string {
    this.#requestCount += 1;
    return `${this.#parts.requestIdPrefix}-${this.#requestCount}`;
  }

  /**
   * Sends the first `lengthBytes` that were rendered in the buffer, which is the call's until
   * `released`.
   */
  async send(buffer: ExportBuffer, lengthBytes: number, requestId: string): Promise<TransportCall> {
    const { transport, counters } = this.#parts;
    const { payload, encoding } = await this.#payload(buffer, lengthBytes);
    if (this.#closed) return closedCall;
    counters.add(DestinationCounter.Requests, 1);
    counters.add(DestinationCounter.RequestBytes, payload.length);
    const call = transport.send({
      roomAndPayload: withPrefixRoom(payload),
      encoding,
      renderedSizeBytes: lengthBytes,
      requestId,
    });
    this.#calls.add(call);
    void call.released.then(() => this.#calls.delete(call));
    return call;
  }

  /** Ends what is under way and the transport. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const call of this.#calls) call.cancel();
    await this.#parts.transport.close();
  }

  async #payload(
    buffer: ExportBuffer,
    lengthBytes: number,
  ): Promise<{ payload: Uint8Array; encoding: PayloadEncoding }> {
    const { compression } = this.#parts;
    const rendered = buffer.rendered(lengthBytes);
    if (compression === 'none' || lengthBytes < compressedSizeBytesMin) {
      return { payload: rendered, encoding: 'identity' };
    }
    const output = buffer.compressed(buffer.capacityBytes);
    const compressedBytes = await compressPayload(rendered, output, compression);
    return compressedBytes === undefined
      ? { payload: rendered, encoding: 'identity' }
      : { payload: buffer.compressed(compressedBytes), encoding: compression };
  }
}

const closedEnding: RequestEnding = {
  kind: 'failed',
  failure: 'cancelled',
  message: 'closed before it was sent',
  outcomeUnknown: false,
  againNow: false,
};

/** Of a request that was still being compressed at close(). */
const closedCall: TransportCall = {
  ended: Promise.resolve(closedEnding),
  released: Promise.resolve(),
  cancel() {},
};
