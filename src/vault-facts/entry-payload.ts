// The body of an entry as OTLP: inflated, transcoded if it is JSON, as protobuf or as a JSON line.

import { GopherShipError } from '../errors.ts';
import { MiB } from '../limits.ts';
import { JsonText } from '../otlp/json-text.ts';
import { transcodeLogsJson } from '../otlp/json-transcoder.ts';
import { LogsJson } from '../otlp/logs-json.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import type { EntryCursor } from '../vault/entry-cursor.ts';
import { discardInflated, inflateBody } from '../vault/entry-inflation.ts';
import { bodySizeBytesMax, EntryCodec, EntryKind } from '../vault/format.ts';

/** What is in the way, as text; else the bytes, valid until the next call. */
export type Payload = Uint8Array | string;

export interface PayloadBounds {
  /** As stored, and inflated. */
  readonly bodySizeBytesMax: number;
  readonly jsonSizeBytesMax: number;
}

/** Whatever a vault can hold. */
export const payloadsUnbounded: PayloadBounds = {
  bodySizeBytesMax,
  jsonSizeBytesMax: 1024 * MiB,
};

export class EntryPayload {
  readonly #bytes: Uint8Array;
  readonly #bounds: PayloadBounds;
  readonly #json: LogsJson;
  readonly #textKeptBytes: number;
  /** What the last body was inflated into, beside the heap. */
  #inflated: Uint8Array | undefined;

  /** `bytes` is the arena. */
  constructor(bytes: Uint8Array, bounds: PayloadBounds) {
    this.#bytes = bytes;
    this.#bounds = bounds;
    this.#textKeptBytes = Math.min(bounds.jsonSizeBytesMax, 8 * MiB);
    this.#json = new LogsJson(new JsonText(textSizeBytesInitial, bounds.jsonSizeBytesMax));
  }

  /** One ExportLogsServiceRequest. */
  protobuf(cursor: EntryCursor): Payload {
    const { kind, originalKind, codec, bodySizeBytes } = cursor.entry;
    const { bodySizeBytesMax: sizeBytesMax } = this.#bounds;
    if (bodySizeBytes > sizeBytesMax) return tooLarge(sizeBytesMax);
    const from = cursor.bodyOffsetBytes;
    const stored = this.#bytes.subarray(from, from + bodySizeBytes);
    const body = codec === EntryCodec.None ? stored : this.#inflate(codec, stored);
    if (typeof body === 'string') return body;
    const asReceived = kind === EntryKind.DeadLetter ? originalKind : kind;
    if (asReceived !== EntryKind.Json) return body;
    // In place, and the arena's bytes are still to be read.
    const text = body === stored ? stored.slice() : body;
    try {
      return text.subarray(0, transcodeLogsJson(text, 0, text.length));
    } catch (error) {
      return textOf(error);
    }
  }

  /** One line, with its line feed. */
  json(cursor: EntryCursor): Payload {
    const payload = this.protobuf(cursor);
    if (typeof payload === 'string') return payload;
    const { text } = this.#json;
    text.clear(this.#textKeptBytes);
    try {
      if (!this.#json.appendLine(payload, 0, payload.length)) return 'is too long as JSON';
      return text.written;
    } catch (error) {
      return textOf(error);
    }
  }

  #inflate(codec: number, stored: Uint8Array): Payload {
    const { bodySizeBytesMax: sizeBytesMax } = this.#bounds;
    if (this.#inflated !== undefined) discardInflated(this.#inflated);
    this.#inflated = undefined;
    const inflated = inflateBody(codec, stored, sizeBytesMax);
    if (inflated === DeadLetterReason.TooLarge) return tooLarge(sizeBytesMax);
    if (!(inflated instanceof Uint8Array)) return 'does not decompress';
    this.#inflated = inflated;
    return inflated;
  }
}

const textSizeBytesInitial = MiB;

function tooLarge(sizeBytesMax: number): string {
  return `has more than ${sizeBytesMax} bytes`;
}

function textOf(error: unknown): string {
  if (error instanceof GopherShipError) return `${error.code}: ${error.message}`;
  throw error;
}
