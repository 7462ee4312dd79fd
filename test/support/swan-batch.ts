// Batches of the black swan: every record says in fixed places which producer sent it, in which
// batch, and as which record of it; all other bytes follow from the record's number alone. So a
// batch is made by writing a few digits into a body that exists, and whoever receives it can tell
// what is missing and what is altered without decoding.

import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';

export interface BatchShape {
  readonly recordCount: number;
  /** Of each record's text. */
  readonly textSizeBytes: number;
  /** Default false: text as services write it, which compression makes small. */
  readonly incompressible?: boolean;
}

const marker = 'swan:';
const producerDigits = 3;
const batchDigits = 8;
const recordDigits = 4;
/** `swan:PPP:BBBBBBBB:RRRR `, decimal. */
const nameSizeBytes = marker.length + producerDigits + 1 + batchDigits + 1 + recordDigits + 1;
const batchDigitsFrom = marker.length + producerDigits + 1;
const recordDigitsFrom = batchDigitsFrom + batchDigits + 1;

export const recordCountMax = 10 ** recordDigits;

/** Makes the messages of one producer. */
export class BatchMaker {
  /** The message; its bytes change with the next call of number(). */
  readonly message: Buffer;
  readonly #digits = Buffer.alloc(batchDigits);
  readonly #places: number[] = [];

  constructor(producer: number, shape: BatchShape) {
    const logRecords = Array.from({ length: shape.recordCount }, (_, index) => ({
      timeUnixNano: 1_800_000_000_000_000_000n + BigInt(index),
      severityText: 'INFO',
      body: { value: { case: 'stringValue' as const, value: recordText(producer, index, shape) } },
    }));
    const service = { key: 'service.name', value: text(`producer-${producer}`) };
    const resource = { attributes: [service] };
    const request = { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] };
    this.message = Buffer.from(
      toBinary(ExportLogsServiceRequestSchema, create(ExportLogsServiceRequestSchema, request)),
    );
    let at = this.message.indexOf(marker);
    for (; at !== -1; at = this.message.indexOf(marker, at + nameSizeBytes)) {
      this.#places.push(at + batchDigitsFrom);
    }
  }

  /** From now on `message` is the batch of that number. */
  number(batch: number): void {
    let rest = batch;
    for (let at = batchDigits - 1; at >= 0; at -= 1) {
      this.#digits[at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    for (const place of this.#places) this.message.set(this.#digits, place);
  }
}

/** Finds the records in what arrives, whatever stands between them. */
export class RecordFinder {
  readonly #shapes: readonly BatchShape[];
  /** By producer and record: the text behind the name. */
  readonly #texts = new Map<number, Buffer>();
  /** Records that are not as they were made. */
  alteredCount = 0;

  constructor(shapes: readonly BatchShape[]) {
    this.#shapes = shapes;
  }

  find(message: Buffer, found: (producer: number, batch: number, record: number) => void): void {
    let at = message.indexOf(marker);
    while (at !== -1) {
      const producer = decimal(message, at + marker.length, producerDigits);
      const batch = decimal(message, at + batchDigitsFrom, batchDigits);
      const record = decimal(message, at + recordDigitsFrom, recordDigits);
      const from = at + nameSizeBytes;
      const expected = this.#textOf(producer, record);
      const to = from + (expected?.length ?? 0);
      const isWhole =
        expected !== undefined &&
        to <= message.length &&
        message.compare(expected, 0, expected.length, from, to) === 0;
      if (isWhole) found(producer, batch, record);
      else this.alteredCount += 1;
      at = message.indexOf(marker, isWhole ? to : from);
    }
  }

  #textOf(producer: number, record: number): Buffer | undefined {
    const key = producer * recordCountMax + record;
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const shape = this.#shapes[producer];
    if (shape === undefined || record >= shape.recordCount) return undefined;
    const bytes = Buffer.from(recordText(producer, record, shape).slice(nameSizeBytes));
    this.#texts.set(key, bytes);
    return bytes;
  }
}

function text(value: string) {
  return { value: { case: 'stringValue' as const, value } };
}

function decimal(bytes: Buffer, from: number, digits: number): number {
  let value = 0;
  for (let at = from; at < from + digits; at += 1) value = value * 10 + (bytes[at] ?? 0) - 0x30;
  return value;
}

/** Of batch 0. */
function recordText(producer: number, record: number, shape: BatchShape): string {
  const numbers = [
    String(producer).padStart(producerDigits, '0'),
    '0'.repeat(batchDigits),
    String(record).padStart(recordDigits, '0'),
  ];
  const name = `${marker}${numbers.join(':')} `;
  return name + filler(producer * recordCountMax + record, shape).slice(0, shape.textSizeBytes);
}

const words = ['GET', '/v1/orders', 'status=200', 'latency_ms=', 'customer=', 'shipped', 'retry'];

function filler(seed: number, { textSizeBytes, incompressible }: BatchShape): string {
  // Numerical Recipes' generator: the same text everywhere, and nothing of the marker in it.
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
  if (incompressible === true) {
    const noise = Buffer.alloc(Math.ceil((textSizeBytes * 3) / 4));
    for (let at = 0; at < noise.length; at += 1) noise[at] = next();
    return noise.toString('base64');
  }
  const parts: string[] = [];
  for (let size = 0; size < textSizeBytes; ) {
    const part = `${words[next() % words.length]}${next() % 100_000} `;
    parts.push(part);
    size += part.length;
  }
  return parts.join('');
}
