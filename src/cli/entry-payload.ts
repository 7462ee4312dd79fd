// The body of an entry as OTLP: inflated, transcoded if it is JSON, as protobuf or as a JSON line.

import { GopherShipError } from '../errors.ts';
import { MiB } from '../limits.ts';
import { JsonText } from '../otlp/json-text.ts';
import { transcodeLogsJson } from '../otlp/json-transcoder.ts';
import { LogsJson } from '../otlp/logs-json.ts';
import type { EntryCursor } from '../vault/entry-cursor.ts';
import { inflateBody } from '../vault/entry-inflation.ts';
import { bodySizeBytesMax, EntryCodec, EntryKind } from '../vault/format.ts';

/** What is in the way, as text; else the bytes, valid until the next call. */
export type Payload = Uint8Array | string;

export class EntryPayload {
  readonly #bytes: Uint8Array;
  readonly #json = new LogsJson(new JsonText(MiB, 1024 * MiB));

  /** `bytes` is the arena. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** One ExportLogsServiceRequest. */
  protobuf(cursor: EntryCursor): Payload {
    const { kind, originalKind, codec, bodySizeBytes } = cursor.entry;
    const from = cursor.bodyOffsetBytes;
    const stored = this.#bytes.slice(from, from + bodySizeBytes);
    const inflated =
      codec === EntryCodec.None ? stored : inflateBody(codec, stored, bodySizeBytesMax);
    if (!(inflated instanceof Uint8Array)) return 'does not decompress';
    const asReceived = kind === EntryKind.DeadLetter ? originalKind : kind;
    if (asReceived !== EntryKind.Json) return inflated;
    try {
      const lengthBytes = transcodeLogsJson(inflated, 0, inflated.length);
      return inflated.subarray(0, lengthBytes);
    } catch (error) {
      return textOf(error);
    }
  }

  /** One line, with its line feed. */
  json(cursor: EntryCursor): Payload {
    const payload = this.protobuf(cursor);
    if (typeof payload === 'string') return payload;
    const { text } = this.#json;
    text.clear(MiB);
    try {
      if (!this.#json.appendLine(payload, 0, payload.length)) return 'is too long as JSON';
      return text.written;
    } catch (error) {
      return textOf(error);
    }
  }
}

function textOf(error: unknown): string {
  if (error instanceof GopherShipError) return `${error.code}: ${error.message}`;
  throw error;
}
