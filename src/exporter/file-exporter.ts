// The `file` destination: OTLP/JSON lines, settled as delivered only after fdatasync. Batches that
// arrive while a sync runs share the next one, so that throughput does not depend on the disk's
// sync latency.

import type { Timer } from '../clock.ts';
import type { FileExporterConfig } from '../config/config.ts';
import { GopherShipError } from '../errors.ts';
import { MiB } from '../limits.ts';
import { DestinationCounter } from '../memory/state-page.ts';
import { BatchLines, type LineSlabs, noSlabForRecord } from './batch-lines.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { Batch, Delivery, Destination, Outcome, Refusal } from './destination.ts';
import type { DestinationDeps } from './destination-deps.ts';
import { ExportQueue } from './export-queue.ts';
import { type FileCalls, JsonLinesFile, systemFileCalls } from './json-lines-file.ts';
import { QueueAdmission } from './queue-admission.ts';
import type { Piece } from './queued-batch.ts';

export type FileDestinationDeps = Omit<DestinationDeps, 'slabs' | 'stderr' | 'version'> & {
  /** For records that the export buffer does not hold; without it they are refused for good. */
  readonly slabs?: LineSlabs;
};

export function createFileDestination(
  config: FileExporterConfig,
  deps: FileDestinationDeps,
  calls: FileCalls = systemFileCalls,
): Destination {
  return new FileDestination(config, deps, calls);
}

/** Text of one group: enough that a sync is a small part of the time, and little to write again. */
const groupSizeBytesMax = 4 * MiB;

interface TakenPiece {
  readonly piece: Piece;
  /** Set once the whole piece is in the file. */
  rejectedRecords: number;
  message: string;
}

class FileDestination implements Destination {
  readonly id: string;
  readonly required: boolean;
  readonly #deps: FileDestinationDeps;
  readonly #queue: ExportQueue;
  readonly #breaker: CircuitBreaker;
  readonly #admission: QueueAdmission;
  readonly #file: JsonLinesFile;
  readonly #lines: BatchLines;
  #run: Promise<void> | undefined;
  #wake: Timer | undefined;
  /** The last failure was one of opening the file: that can be tried again without a batch. */
  #isClosed = true;
  /** One while a record waits for a slab, so that the batches before it get through. */
  #groupBatchesMax = Number.POSITIVE_INFINITY;
  /** Said already: who has the file. */
  #lastDownMessage = '';
  #closing = false;

  constructor(config: FileExporterConfig, deps: FileDestinationDeps, calls: FileCalls) {
    const { clock, counters, random, shardIndex, log } = deps;
    this.id = config.id;
    this.required = config.required;
    this.#deps = deps;
    this.#queue = new ExportQueue({ config: config.queue, clock, counters });
    this.#breaker = new CircuitBreaker({ clock, retry: config.retry, random, consumersMax: 1 });
    this.#admission = new QueueAdmission({
      id: config.id,
      required: config.required,
      config: config.queue,
      queue: this.#queue,
      breaker: this.#breaker,
      counters,
      log,
      downReason: () => 'cannot be written',
      probesWithBatch: () => !this.#isClosed,
      drainMs: () => 0,
      onWaiting: () => this.#pump(),
    });
    this.#file = new JsonLinesFile({
      path: config.path,
      shardIndex,
      sizeBytesMax: config.rotation.sizeBytesMax,
      backupsMax: config.rotation.backupsMax,
      calls,
      onSetAside: (message) => log.error('EXPORT_FAILED', message, { exporter: config.id }),
    });
    this.#lines = new BatchLines(deps.renderer, deps.buffer, deps.exportBuffer, deps.slabs);
    // A first empty group opens the file, so that the operator hears of a bad path at the start.
    this.#run = this.#group().finally(() => this.#ended());
  }

  refusal(bodyLengthBytes: number): Refusal | undefined {
    return this.#admission.refusal(bodyLengthBytes);
  }

  enqueue(batch: Batch, settle: (outcome: Outcome) => void): Delivery {
    return this.#admission.enqueue(batch, settle);
  }

  idle(): Promise<void> {
    return this.#admission.idle();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#admission.close();
    this.#wake?.cancel();
    this.#queue.abandonAll();
    await this.#run;
    await this.#file.close();
  }

  /**
   * Starts the next group when there is something to write, or a file to be opened, and nothing is
   * being written.
   */
  #pump(): void {
    if (this.#closing || this.#run !== undefined) return;
    if (this.#queue.firstWaiting === undefined && !this.#isClosed) return;
    this.#wake?.cancel();
    this.#wake = undefined;
    if (this.#breaker.mayStart(0)) {
      this.#run = this.#group().finally(() => this.#ended());
    } else {
      this.#wake = this.#deps.clock.after(this.#breaker.waitMs, () => this.#pump());
    }
  }

  #ended(): void {
    this.#run = undefined;
    this.#pump();
  }

  /** Writes what waits, up to the size of a group, and syncs it: all of it or nothing. */
  async #group(): Promise<void> {
    const { counters } = this.#deps;
    const epoch = this.#breaker.begin();
    this.#admission.breakerChanged();
    const taken: TakenPiece[] = [];
    let writtenBytes = 0;
    counters.set(DestinationCounter.InflightRequests, 1);
    try {
      this.#isClosed = true;
      await this.#file.ready();
      this.#isClosed = false;
      while (taken.length < this.#groupBatchesMax) {
        const piece = this.#queue.firstWaiting;
        if (piece === undefined || writtenBytes + this.#lines.sizeBytes >= groupSizeBytesMax) break;
        this.#queue.take(piece);
        const entry: TakenPiece = { piece, rejectedRecords: 0, message: '' };
        taken.push(entry);
        for (const part of this.#lines.write(piece.batch, entry)) {
          await this.#file.append(part);
          writtenBytes += part.length;
        }
      }
      const rest = this.#lines.take();
      if (rest.length > 0) await this.#file.append(rest);
      writtenBytes += rest.length;
      if (writtenBytes > 0) await this.#file.commit();
    } catch (error) {
      await this.#failed(failureOf(error, this.#file.path), epoch, taken);
      return;
    } finally {
      counters.set(DestinationCounter.InflightRequests, 0);
    }
    this.#groupBatchesMax = Number.POSITIVE_INFINITY;
    this.#lastDownMessage = '';
    this.#breaker.succeeded(epoch);
    this.#admission.breakerChanged();
    if (taken.length === 0) return;
    counters.add(DestinationCounter.Requests, 1);
    counters.add(DestinationCounter.DeliveredRequests, 1);
    counters.add(DestinationCounter.RequestBytes, writtenBytes);
    for (const entry of taken) this.#settle(entry);
  }

  async #failed(
    error: GopherShipError,
    epoch: number,
    taken: readonly TakenPiece[],
  ): Promise<void> {
    const { counters, log } = this.#deps;
    this.#lines.take();
    const isCut = await this.#file.rollback();
    counters.add(DestinationCounter.Requests, 1);
    counters.add(DestinationCounter.FailedRequests, 1);
    counters.add(DestinationCounter.RefusedRequests, 1);
    // What could not be cut off now is cut off at the next attempt, unless the process ends before
    // it or the file holds more than what is ours.
    if (!isCut) counters.add(DestinationCounter.UnknownOutcomes, 1);
    // Nothing of it is there, so nobody need be asked twice.
    this.#breaker.failed(epoch, undefined, true);
    this.#admission.breakerChanged();
    this.#queue.putBack(taken.map(({ piece }) => piece));
    if (error.cause === noSlabForRecord) this.#groupBatchesMax = 1;
    if (error.code === 'DESTINATION_DOWN' && error.message === this.#lastDownMessage) return;
    this.#lastDownMessage = error.message;
    log.error(error.code, error.message, {
      exporter: this.id,
      batches: taken.length,
      retryMs: Math.round(this.#breaker.waitMs),
    });
  }

  #settle({ piece, rejectedRecords, message }: TakenPiece): void {
    const { counters } = this.#deps;
    const deliveredRecords = piece.recordTo - piece.recordFrom - rejectedRecords;
    counters.add(DestinationCounter.DeliveredRecords, deliveredRecords);
    counters.add(DestinationCounter.RejectedRecords, rejectedRecords);
    if (deliveredRecords === 0 && rejectedRecords > 0) {
      piece.queued.refused(rejectedRecords, message);
    } else {
      piece.queued.delivered(rejectedRecords, message);
    }
  }
}

/** Rethrows what is a bug of ours. */
function failureOf(error: unknown, path: string): GopherShipError {
  if (error === noSlabForRecord) {
    return new GopherShipError('EXPORT_FAILED', `${path}: ${noSlabForRecord.message}`, {
      cause: error,
    });
  }
  const isFailure =
    error instanceof GopherShipError &&
    (error.code === 'EXPORT_FAILED' || error.code === 'DESTINATION_DOWN');
  if (!isFailure) throw error;
  return error;
}
