// Cuts an ExportLogsServiceRequest into smaller ones at record boundaries. Each piece is a valid
// request: it repeats the resource, the scope, the schema URLs and the unknown fields that its
// records stand under.
//
//   request      { [other] ResourceLogs* }          every [other] is copied into each piece,
//   ResourceLogs { resource [other] ScopeLogs* }    in front of the list that is cut
//   ScopeLogs    { [other] LogRecord* }

import { assert } from '../assert.ts';
import { LogsField } from './logs-fields.ts';
import { tagOf, varintSizeBytes, WireReader, WireType, writeVarint } from './protobuf-wire.ts';

/**
 * Writes the content of a Resource message at `dstOffsetBytes` of the destination and returns its
 * bytes, or -1 when `dstCapacityBytes` is too small. `srcLengthBytes` is -1 when the ResourceLogs
 * has no resource; then a result of 0 means that it shall have none.
 */
export type WriteResource = (
  srcOffsetBytes: number,
  srcLengthBytes: number,
  dstOffsetBytes: number,
  dstCapacityBytes: number,
) => number;

export interface SplitRequest {
  /** Holds the well-formed request as well as the place to write to; the two do not overlap. */
  readonly bytes: Uint8Array;
  readonly bodyOffsetBytes: number;
  readonly bodyLengthBytes: number;
  readonly recordFrom: number;
  readonly recordTo: number;
  readonly dstOffsetBytes: number;
  readonly dstCapacityBytes: number;
}

/**
 * Writes the records [recordFrom, recordTo) or as many of them as fit; `recordEnd` is the first one
 * not written.
 */
export function writeRecords(
  request: SplitRequest,
  writeResource: WriteResource,
): { readonly lengthBytes: number; readonly recordEnd: number } {
  const { recordFrom, recordTo, dstOffsetBytes } = request;
  assert(recordFrom >= 0 && recordFrom <= recordTo, 'record range turned around');
  const piece = new Piece(request, writeResource);
  const recordEnd = piece.write();
  const lengthBytes = recordEnd === recordFrom ? 0 : piece.endBytes - dstOffsetBytes;
  assert(lengthBytes <= request.dstCapacityBytes, 'piece larger than its place');
  return { lengthBytes, recordEnd };
}

const resourceLogsTag = tagOf(LogsField.ExportLogsServiceRequest.resource_logs, WireType.Bytes);
const resourceTag = tagOf(LogsField.ResourceLogs.resource, WireType.Bytes);
const scopeLogsTag = tagOf(LogsField.ResourceLogs.scope_logs, WireType.Bytes);
const logRecordsTag = tagOf(LogsField.ScopeLogs.log_records, WireType.Bytes);

/** Bytes of a length-delimited field of a one-byte tag. */
function fieldSizeBytes(contentSizeBytes: number): number {
  return 1 + varintSizeBytes(contentSizeBytes) + contentSizeBytes;
}

// An open message has one byte reserved for its length. close() moves the content right when the
// length needs more; the room for that is part of every check, so the piece is exactly as long as
// it must be.
class Piece {
  readonly #bytes: Uint8Array;
  readonly #request: SplitRequest;
  readonly #limitBytes: number;
  readonly #writeResource: WriteResource;
  /** Where the next byte of the piece goes. */
  endBytes: number;
  /** Index in the whole request of the next record met. */
  #recordIndex = 0;
  #full = false;
  /** Where the content of the open ResourceLogs and ScopeLogs starts; 0 when none is open. */
  #resourceLogsAt = 0;
  #scopeLogsAt = 0;

  constructor(request: SplitRequest, writeResource: WriteResource) {
    this.#bytes = request.bytes;
    this.#request = request;
    this.#writeResource = writeResource;
    this.endBytes = request.dstOffsetBytes;
    this.#limitBytes = request.dstOffsetBytes + request.dstCapacityBytes;
  }

  write(): number {
    const { bodyOffsetBytes, bodyLengthBytes, recordFrom } = this.#request;
    const bodyEndBytes = bodyOffsetBytes + bodyLengthBytes;
    if (!this.#copyOthers(bodyOffsetBytes, bodyEndBytes, resourceLogsTag, 0)) return recordFrom;
    const reader = new WireReader(this.#bytes, bodyOffsetBytes, bodyEndBytes);
    while (!reader.atEnd && !this.#done) {
      const tag = reader.tag();
      if (tag === resourceLogsTag) {
        const lengthBytes = reader.length();
        this.#resourceLogs(reader.offsetBytes, reader.offsetBytes + lengthBytes);
        reader.offsetBytes += lengthBytes;
      } else {
        reader.skip(tag);
      }
    }
    return Math.max(recordFrom, this.#recordIndex);
  }

  get #done(): boolean {
    return this.#full || this.#recordIndex >= this.#request.recordTo;
  }

  #resourceLogs(fromBytes: number, toBytes: number): void {
    const startBytes = this.endBytes;
    const reader = new WireReader(this.#bytes, fromBytes, toBytes);
    while (!reader.atEnd && !this.#done) {
      const tag = reader.tag();
      if (tag === scopeLogsTag) {
        const lengthBytes = reader.length();
        this.#scopeLogs(reader.offsetBytes, reader.offsetBytes + lengthBytes, fromBytes, toBytes);
        reader.offsetBytes += lengthBytes;
      } else {
        reader.skip(tag);
      }
    }
    if (this.#resourceLogsAt !== 0) {
      this.#close(this.#resourceLogsAt);
      this.#resourceLogsAt = 0;
      assert(this.endBytes > startBytes, 'closed a message that was not open');
    }
  }

  #scopeLogs(fromBytes: number, toBytes: number, parentFrom: number, parentTo: number): void {
    const { recordFrom } = this.#request;
    const reader = new WireReader(this.#bytes, fromBytes, toBytes);
    while (!reader.atEnd && !this.#done) {
      const startBytes = reader.offsetBytes;
      const tag = reader.tag();
      reader.skip(tag);
      if (tag !== logRecordsTag) continue;
      if (this.#recordIndex >= recordFrom) {
        const fits = this.#record(
          startBytes,
          reader.offsetBytes,
          fromBytes,
          toBytes,
          parentFrom,
          parentTo,
        );
        if (!fits) {
          this.#full = true;
          break;
        }
      }
      this.#recordIndex += 1;
    }
    if (this.#scopeLogsAt !== 0) {
      this.#close(this.#scopeLogsAt);
      this.#scopeLogsAt = 0;
    }
  }

  /**
   * One record with its tag and length. The messages around it are opened for the first record in
   * them, and taken back when not even that one fits, so that no piece ends with an empty shell.
   */
  #record(
    fromBytes: number,
    toBytes: number,
    scopeFrom: number,
    scopeTo: number,
    resourceFrom: number,
    resourceTo: number,
  ): boolean {
    const before = this.endBytes;
    const resourceLogsBefore = this.#resourceLogsAt;
    const scopeLogsBefore = this.#scopeLogsAt;
    const fits =
      (resourceLogsBefore !== 0 || this.#openResourceLogs(resourceFrom, resourceTo)) &&
      (scopeLogsBefore !== 0 || this.#openScopeLogs(scopeFrom, scopeTo)) &&
      this.#fits(toBytes - fromBytes);
    if (!fits) {
      this.endBytes = before;
      this.#resourceLogsAt = resourceLogsBefore;
      this.#scopeLogsAt = scopeLogsBefore;
      return false;
    }
    this.#copy(fromBytes, toBytes);
    return true;
  }

  #openResourceLogs(fromBytes: number, toBytes: number): boolean {
    const at = this.#open(resourceLogsTag);
    if (at === 0) return false;
    this.#resourceLogsAt = at;
    return (
      this.#resource(fromBytes, toBytes) &&
      this.#copyOthers(fromBytes, toBytes, scopeLogsTag, resourceTag)
    );
  }

  #openScopeLogs(fromBytes: number, toBytes: number): boolean {
    const at = this.#open(scopeLogsTag);
    if (at === 0) return false;
    this.#scopeLogsAt = at;
    return this.#copyOthers(fromBytes, toBytes, logRecordsTag, 0);
  }

  /**
   * Readers merge several occurrences of `resource`: all but the last are copied, the last goes
   * through writeResource.
   */
  #resource(fromBytes: number, toBytes: number): boolean {
    const reader = new WireReader(this.#bytes, fromBytes, toBytes);
    let lastStart = 0;
    let lastFrom = 0;
    let lastTo = -1;
    while (!reader.atEnd) {
      const startBytes = reader.offsetBytes;
      const tag = reader.tag();
      if (tag !== resourceTag) {
        reader.skip(tag);
        continue;
      }
      if (lastTo >= 0) {
        if (!this.#fits(lastTo - lastStart)) return false;
        this.#copy(lastStart, lastTo);
      }
      const lengthBytes = reader.length();
      lastStart = startBytes;
      lastFrom = reader.offsetBytes;
      lastTo = lastFrom + lengthBytes;
      reader.offsetBytes = lastTo;
    }
    const before = this.endBytes;
    const at = this.#open(resourceTag);
    if (at === 0) return false;
    const absent = lastTo < 0;
    const lengthBytes = this.#writeResource(
      lastFrom,
      absent ? -1 : lastTo - lastFrom,
      at,
      this.#limitBytes - at,
    );
    if (lengthBytes < 0) return false;
    if (absent && lengthBytes === 0) {
      this.endBytes = before;
      return true;
    }
    this.endBytes = at + lengthBytes;
    if (!this.#fits(varintSizeBytes(lengthBytes) - 1)) return false;
    this.#close(at);
    return true;
  }

  /** Copies every field but `listTag` and `apartTag`, as it stands. */
  #copyOthers(fromBytes: number, toBytes: number, listTag: number, apartTag: number): boolean {
    const reader = new WireReader(this.#bytes, fromBytes, toBytes);
    while (!reader.atEnd) {
      const startBytes = reader.offsetBytes;
      const tag = reader.tag();
      reader.skip(tag);
      if (tag === listTag || tag === apartTag) continue;
      if (!this.#fits(reader.offsetBytes - startBytes)) return false;
      this.#copy(startBytes, reader.offsetBytes);
    }
    return true;
  }

  /** Whether the piece, with everything open closed, still fits after `moreBytes` more. */
  #fits(moreBytes: number): boolean {
    let innerEnd = this.endBytes + moreBytes;
    // Each closing adds what its length needs beyond the one byte that is already there.
    for (const at of [this.#scopeLogsAt, this.#resourceLogsAt]) {
      if (at !== 0) innerEnd += varintSizeBytes(innerEnd - at) - 1;
    }
    return innerEnd <= this.#limitBytes;
  }

  #open(tag: number): number {
    assert(tag < 0x80, 'tag longer than a byte');
    if (!this.#fits(fieldSizeBytes(0))) return 0;
    this.#bytes[this.endBytes] = tag;
    this.endBytes += fieldSizeBytes(0);
    return this.endBytes;
  }

  #close(contentAt: number): void {
    const lengthBytes = this.endBytes - contentAt;
    assert(lengthBytes >= 0, 'closed a message that was taken back');
    const moveBytes = varintSizeBytes(lengthBytes) - 1;
    if (moveBytes > 0) this.#bytes.copyWithin(contentAt + moveBytes, contentAt, this.endBytes);
    writeVarint(this.#bytes, contentAt - 1, lengthBytes);
    this.endBytes += moveBytes;
    assert(this.endBytes <= this.#limitBytes, 'closed beyond the limit');
  }

  #copy(fromBytes: number, toBytes: number): void {
    this.#bytes.copyWithin(this.endBytes, fromBytes, toBytes);
    this.endBytes += toBytes - fromBytes;
  }
}
