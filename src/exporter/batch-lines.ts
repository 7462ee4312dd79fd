// Turns batches into OTLP/JSON lines: enriched into the export buffer, then transcoded. A large
// batch becomes several lines, so that neither the event loop nor memory outside of the arena pays
// for its size at once. A record that is too large for the export buffer borrows a large slab.

import { GopherShipError } from '../errors.ts';
import { KiB, MiB } from '../limits.ts';
import type { SlabPool } from '../memory/slab-pool.ts';
import { JsonText } from '../otlp/json-text.ts';
import { LogsJson } from '../otlp/logs-json.ts';
import type { Batch, BatchRenderer } from './destination.ts';

/** What of a batch could not be written, for whoever asked. */
export interface LinesReport {
  rejectedRecords: number;
  message: string;
}

export type LineSlabs = Pick<SlabPool, 'reserve' | 'free' | 'bodyOffsetBytes' | 'bodySizeBytesMax'>;

/** Thrown by write() when the arena is too full to hold one large record twice. */
export const noSlabForRecord: Error = new Error('no slab is free for a large record');

/** Protobuf bytes transcoded in one go: some 10 ms of the event loop. */
const pieceSizeBytesMax = MiB;

/** Text gathered before it is handed out. */
const textSizeBytes = MiB;

/**
 * The most that a byte of protobuf grows to is an escaped control character, or a short value's
 * long name.
 */
const textGrowthMax = 8;

/** Of the largest record that a default configuration takes, where it grows to twice its size. */
const recordTextSizeBytesMax = 32 * MiB;

const textKeptBytesMax = 4 * MiB;
const textSizeBytesInitial = 64 * KiB;

export class BatchLines {
  readonly #renderer: BatchRenderer;
  readonly #bytes: Uint8Array;
  readonly #exportBuffer: { readonly offsetBytes: number; readonly sizeBytes: number };
  readonly #slabs: LineSlabs | undefined;
  readonly #text: JsonText;
  readonly #json: LogsJson;

  constructor(
    renderer: BatchRenderer,
    buffer: SharedArrayBuffer,
    exportBuffer: { readonly offsetBytes: number; readonly sizeBytes: number },
    slabs?: LineSlabs,
  ) {
    this.#renderer = renderer;
    this.#bytes = new Uint8Array(buffer);
    this.#exportBuffer = exportBuffer;
    this.#slabs = slabs;
    const bufferTextSizeBytesMax = textGrowthMax * exportBuffer.sizeBytes;
    const textSizeBytesMax = Math.max(bufferTextSizeBytesMax, recordTextSizeBytesMax) + MiB;
    this.#text = new JsonText(textSizeBytesInitial, textSizeBytesMax);
    this.#json = new LogsJson(this.#text);
  }

  /** Text that take() would return. */
  get sizeBytes(): number {
    return this.#text.lengthBytes;
  }

  /** Ends the gathering of text and returns it; valid until the next batch is written. */
  take(): Uint8Array {
    const { written } = this.#text;
    this.#text.clear(textKeptBytesMax);
    return written;
  }

  /**
   * Gathers the lines of the batch, and yields the text whenever there is enough of it to be
   * written. Throws `noSlabForRecord`; then nothing of the batch counts.
   */
  *write(batch: Batch, report: LinesReport): Generator<Uint8Array, void> {
    const { offsetBytes, sizeBytes } = this.#exportBuffer;
    const capacityBytes = Math.min(pieceSizeBytesMax, sizeBytes);
    const lengthBytes = this.#renderer.renderBatch(batch, offsetBytes, capacityBytes);
    if (lengthBytes >= 0 && this.#append(offsetBytes, lengthBytes, batch.recordCount, report)) {
      if (this.sizeBytes >= textSizeBytes) yield this.take();
      return;
    }
    let limitBytes = capacityBytes;
    let recordTo = batch.recordCount;
    for (let recordFrom = 0; recordFrom < batch.recordCount; ) {
      const piece = this.#renderer.renderRecords(
        batch,
        recordFrom,
        recordTo,
        offsetBytes,
        limitBytes,
      );
      const recordCount = piece.recordEnd - recordFrom;
      if (recordCount > 0 && this.#append(offsetBytes, piece.lengthBytes, recordCount, report)) {
        recordFrom = piece.recordEnd;
        recordTo = batch.recordCount;
        limitBytes = capacityBytes;
        if (this.sizeBytes >= textSizeBytes) yield this.take();
      } else if (recordCount === 0 && limitBytes < sizeBytes) {
        limitBytes = sizeBytes; // one large record may have all the room
      } else if (recordCount > 0 && this.sizeBytes > 0) {
        yield this.take();
      } else if (recordCount > 1) {
        recordTo = recordFrom + Math.ceil(recordCount / 2);
      } else {
        if (this.sizeBytes > 0) yield this.take();
        if (!this.#appendLarge(batch, recordFrom, report)) {
          report.rejectedRecords += 1;
          report.message = `a record of a batch of ${batch.bodyLengthBytes} bytes has no room`;
        }
        if (this.sizeBytes >= textSizeBytes) yield this.take();
        recordFrom += 1;
        recordTo = batch.recordCount;
        limitBytes = capacityBytes;
      }
    }
  }

  /** False: the record is larger than any slab, or its text than its bound. */
  #appendLarge(batch: Batch, recordFrom: number, report: LinesReport): boolean {
    if (this.#slabs === undefined) return false;
    const slabs = this.#slabs;
    const sizeBytes = Math.min(this.#renderer.sizeBytesMax(batch), slabs.bodySizeBytesMax);
    const slab = slabs.reserve(sizeBytes);
    if (slab === 0) throw noSlabForRecord;
    try {
      const offsetBytes = slabs.bodyOffsetBytes(slab);
      const recordTo = recordFrom + 1;
      const { lengthBytes, recordEnd } = this.#renderer.renderRecords(
        batch,
        recordFrom,
        recordTo,
        offsetBytes,
        sizeBytes,
      );
      return recordEnd === recordTo && this.#append(offsetBytes, lengthBytes, 1, report);
    } finally {
      slabs.free(slab);
    }
  }

  /**
   * False: the text is full. Bytes that are no OTLP after all are rejected, and count as written.
   */
  #append(
    offsetBytes: number,
    lengthBytes: number,
    recordCount: number,
    report: LinesReport,
  ): boolean {
    try {
      return this.#json.appendLine(this.#bytes, offsetBytes, lengthBytes);
    } catch (error) {
      if (!(error instanceof GopherShipError) || error.code !== 'OTLP_MALFORMED') throw error;
      report.rejectedRecords += recordCount;
      report.message = error.message;
      return true;
    }
  }
}
