// ExportLogsServiceResponse by hand: the answer to every producer and from every downstream, so
// small that a message library would cost more than it saves.
//
//   response { 1: ExportLogsPartialSuccess { 1: int64 rejected, 2: string message } }

import { assert } from '../assert.ts';
import { GopherShipError } from '../errors.ts';
import { LogsField } from './logs-fields.ts';
import {
  safeNumber,
  tagOf,
  varintSizeBytes,
  WireReader,
  WireType,
  writeVarint,
} from './protobuf-wire.ts';

export interface ExportResponse {
  readonly rejectedRecords: number;
  /** Empty when the peer had nothing to say. */
  readonly message: string;
}

/**
 * Empty bytes when nothing was rejected and there is nothing to say: `partial_success` stays unset.
 */
export function encodeExportResponse(response: ExportResponse): Uint8Array {
  const { rejectedRecords } = response;
  assert(Number.isSafeInteger(rejectedRecords) && rejectedRecords >= 0, 'rejected out of range');
  const message = Buffer.from(response.message);
  const rejectedSizeBytes = rejectedRecords === 0 ? 0 : 1 + varintSizeBytes(rejectedRecords);
  const messageSizeBytes =
    message.length === 0 ? 0 : 1 + varintSizeBytes(message.length) + message.length;
  const partialSizeBytes = rejectedSizeBytes + messageSizeBytes;
  if (partialSizeBytes === 0) return new Uint8Array(0);

  const bytes = new Uint8Array(1 + varintSizeBytes(partialSizeBytes) + partialSizeBytes);
  let at = writeVarint(bytes, 0, partialSuccessTag);
  at = writeVarint(bytes, at, partialSizeBytes);
  if (rejectedSizeBytes > 0) {
    at = writeVarint(bytes, at, rejectedTag);
    at = writeVarint(bytes, at, rejectedRecords);
  }
  if (messageSizeBytes > 0) {
    at = writeVarint(bytes, at, messageTag);
    at = writeVarint(bytes, at, message.length);
    bytes.set(message, at);
    at += message.length;
  }
  assert(at === bytes.length, 'response size differs from what was written');
  return bytes;
}

/** Undefined when the bytes are no ExportLogsServiceResponse, or one with an impossible count. */
export function decodeExportResponse(bytes: Uint8Array): ExportResponse | undefined {
  try {
    return decode(bytes);
  } catch (error) {
    // Malformed is an answer here, not a fault.
    if (error instanceof GopherShipError) return undefined;
    throw error;
  }
}

const partialSuccessTag = tagOf(
  LogsField.ExportLogsServiceResponse.partial_success,
  WireType.Bytes,
);
const rejectedTag = tagOf(LogsField.ExportLogsPartialSuccess.rejected_log_records, WireType.Varint);
const messageTag = tagOf(LogsField.ExportLogsPartialSuccess.error_message, WireType.Bytes);

function decode(bytes: Uint8Array): ExportResponse | undefined {
  let rejectedRecords: number | undefined = 0;
  let message = '';
  const outer = new WireReader(bytes);
  while (!outer.atEnd) {
    const outerTag = outer.tag();
    if (outerTag !== partialSuccessTag) {
      outer.skip(outerTag);
      continue;
    }
    const lengthBytes = outer.length();
    const inner = new WireReader(bytes, outer.offsetBytes, outer.offsetBytes + lengthBytes);
    outer.offsetBytes += lengthBytes;
    while (!inner.atEnd) {
      const tag = inner.tag();
      if (tag === rejectedTag) {
        inner.varint();
        // Negative ones have the upper bits set.
        rejectedRecords = safeNumber(inner.low, inner.high);
      } else if (tag === messageTag) {
        const textLengthBytes = inner.length();
        const end = inner.offsetBytes + textLengthBytes;
        message = Buffer.from(bytes.subarray(inner.offsetBytes, end)).toString();
        inner.offsetBytes = end;
      } else {
        inner.skip(tag);
      }
    }
  }
  return rejectedRecords === undefined ? undefined : { rejectedRecords, message };
}
