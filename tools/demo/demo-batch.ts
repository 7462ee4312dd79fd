// The batches of the demo: all alike but for a number, which stands in a resource attribute in
// front. Whoever has the template knows every byte of every batch, so the sink finds out not only
// whether a batch came but whether it came whole.
//
//   gRPC prefix | ResourceLogs: Resource { service.name, demo.batch = "0000000042" } | ScopeLogs
//   `------------------- head, made for each batch ------------------------------´   `- tail -´

import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { writeMessagePrefix } from '../../src/grpc/message-frame.ts';
import { grpcPrefixSizeBytes } from '../../src/limits.ts';

export const recordsPerBatch = 1_000;
/** Bound of the numbers, so that a byte each is enough to count. */
export const batchesMax = 1_000_000;

const numberLength = 10;
const numberKey = Buffer.from('demo.batch');
const placeholder = '#'.repeat(numberLength);
/** Between the key of the attribute and the digits: value, its length, string_value, its length. */
const valuePrefix = Buffer.from([0x12, numberLength + 2, 0x0a, numberLength]);

export class BatchTemplate {
  readonly messageSizeBytes: number;
  /** The part that all batches share. */
  readonly tail: Buffer;
  readonly #head: Buffer;
  readonly #numberOffsetBytes: number;

  constructor() {
    const message = Buffer.from(makeMessage());
    const frame = Buffer.alloc(grpcPrefixSizeBytes + message.length);
    writeMessagePrefix(frame, 0, message.length, 0);
    frame.set(message, grpcPrefixSizeBytes);
    this.messageSizeBytes = message.length;
    this.#numberOffsetBytes = frame.indexOf(placeholder);
    // The number is the last byte of the resource, the last field before the ScopeLogs.
    const headSizeBytes = this.#numberOffsetBytes + numberLength;
    this.#head = frame.subarray(0, headSizeBytes);
    this.tail = frame.subarray(headSizeBytes);
  }

  /** Of the batch with that number; followed by the tail it is a gRPC message. */
  head(batch: number): Buffer {
    const head = Buffer.from(this.#head);
    head.write(String(batch).padStart(numberLength, '0'), this.#numberOffsetBytes, 'latin1');
    return head;
  }

  /**
   * The number of each batch in an ExportLogsServiceRequest, if all of it is there, byte for byte;
   * NaN for what is not a whole batch of ours.
   */
  read(message: Buffer): number[] {
    const batches: number[] = [];
    for (let at = 0; at < message.length; ) {
      const field = readField(message, at);
      if (field === undefined) return [...batches, Number.NaN];
      batches.push(this.#readBatch(message.subarray(field.startBytes, field.endBytes)));
      at = field.endBytes;
    }
    return batches;
  }

  #readBatch(resourceLogs: Buffer): number {
    const resource = readField(resourceLogs, 0);
    if (resource === undefined) return Number.NaN;
    if (!this.tail.equals(resourceLogs.subarray(resource.endBytes))) return Number.NaN;
    return readNumber(resourceLogs.subarray(resource.startBytes, resource.endBytes));
  }
}

/** Field 1 with a length: ExportLogsServiceRequest.resource_logs, ResourceLogs.resource. */
const tagOfFirst = 0x0a;

function readNumber(resource: Buffer): number {
  const key = resource.indexOf(numberKey);
  if (key === -1) return Number.NaN;
  const value = key + numberKey.length;
  const digits = value + valuePrefix.length;
  if (!resource.subarray(value, digits).equals(valuePrefix)) return Number.NaN;
  return Number(resource.toString('latin1', digits, digits + numberLength));
}

/** Field 1 at `at`; undefined when it is another or does not fit into `bytes`. */
function readField(bytes: Buffer, at: number) {
  if (bytes[at] !== tagOfFirst) return undefined;
  let length = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[at + 1 + shift / 7] ?? 0x80;
    length |= (byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    const startBytes = at + 2 + shift / 7;
    const endBytes = startBytes + length;
    return endBytes > bytes.length ? undefined : { startBytes, endBytes };
  }
  return undefined;
}

function makeMessage(): Uint8Array {
  const random = xorshift32(1);
  const bytes = (size: number) => Uint8Array.from({ length: size }, () => random() & 0xff);
  const logRecords = Array.from({ length: recordsPerBatch }, (_, index) => ({
    timeUnixNano: 1_790_000_000_000_000_000n + BigInt(index) * 1_000_000n,
    severityNumber: 9,
    severityText: 'INFO',
    body: text(`user ${random() % 5_000} ordered article ${random() % 100_000} of the new list`),
    attributes: [
      { key: 'http.route', value: text('/cart/:id') },
      { key: 'duration_us', value: text(String(random() % 1_000_000)) },
    ],
    // Random, as real ones are, so that the batch compresses no better than real ones do.
    traceId: bytes(16),
    spanId: bytes(8),
  }));
  const attributes = [
    { key: 'service.name', value: text('checkout') },
    { key: numberKey.toString(), value: text(placeholder) },
  ];
  const request = create(ExportLogsServiceRequestSchema, {
    resourceLogs: [
      { resource: { attributes }, scopeLogs: [{ scope: { name: 'shop' }, logRecords }] },
    ],
  });
  return toBinary(ExportLogsServiceRequestSchema, request);
}

function text(value: string) {
  return { value: { case: 'stringValue' as const, value } };
}

/** Marsaglia's generator: the same template in every process. */
function xorshift32(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
