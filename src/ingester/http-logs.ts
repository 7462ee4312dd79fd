// One POST of log records: the request body is the message, in protobuf or in JSON, which becomes
// protobuf where it lies.

import { GopherShipError } from '../errors.ts';
import type { ServerStream } from '../http2/server-stream.ts';
import { Transport } from '../memory/transport-counters.ts';
import { transcodeLogsJson } from '../otlp/json-transcoder.ts';
import { httpJsonAnswers, httpProtobufAnswers } from './http-answer.ts';
import type { BodyHeaders } from './http-headers.ts';
import type { BodyType } from './ingest-call.ts';
import type { IngesterParts } from './ingester-parts.ts';
import { LogsCall } from './logs-call.ts';

export class HttpLogsCall extends LogsCall {
  readonly #type: BodyType;

  constructor(
    parts: IngesterParts,
    stream: ServerStream,
    sizeBytesMax: number,
    type: BodyType,
    headers: BodyHeaders,
  ) {
    const answers = type === 'json' ? httpJsonAnswers : httpProtobufAnswers;
    super(parts, stream, type, answers, sizeBytesMax, Infinity);
    this.#type = type;
    this.admit(headers.encoding, headers.lengthBytes, nothing);
    this.expectRest();
  }

  override get transport(): Transport {
    return Transport.Http;
  }

  override data(source: Uint8Array, fromBytes: number, toBytes: number): void {
    this.receivedBytes += toBytes - fromBytes;
    this.take(source, fromBytes, toBytes);
  }

  protected override missing(): string {
    return 'no body';
  }

  protected override toProtobuf(offsetBytes: number, lengthBytes: number): number | undefined {
    if (this.#type === 'protobuf') return lengthBytes;
    try {
      return transcodeLogsJson(this.parts.bytes, offsetBytes, lengthBytes);
    } catch (error) {
      if (!(error instanceof GopherShipError)) throw error;
      this.refuse(error.code, error.message);
      return undefined;
    }
  }
}

/** The memory is asked for before the first byte comes, so that `100 Continue` means it is there. */
const nothing = new Uint8Array(0);
