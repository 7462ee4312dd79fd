// The `debug` destination: shows on stderr what passes, so that a newcomer sees that something
// does. It is never required, settles at once, and prints no more than a terminal can take.

import { assert } from '../assert.ts';
import type { DebugExporterConfig } from '../config/config.ts';
import { GopherShipError } from '../errors.ts';
import { KiB, MiB } from '../limits.ts';
import { DestinationCounter } from '../memory/state-page.ts';
import { JsonText } from '../otlp/json-text.ts';
import { LogsJson } from '../otlp/logs-json.ts';
import { detailedLines, recordLines } from './debug-text.ts';
import {
  type Batch,
  type Delivery,
  type Destination,
  type Outcome,
  OutcomeKind,
} from './destination.ts';
import type { DestinationDeps } from './destination-deps.ts';

export type DebugDestinationDeps = Pick<
  DestinationDeps,
  'clock' | 'renderer' | 'buffer' | 'exportBuffer' | 'counters' | 'stderr'
>;

export function createDebugDestination(
  config: DebugExporterConfig,
  deps: DebugDestinationDeps,
): Destination {
  return new DebugDestination(config, deps);
}

const sampleWindowMs = 1_000;

/** Protobuf bytes that are shown at a time; a record larger than this is only counted. */
const pieceSizeBytesMax = 64 * KiB;

/** Text for one batch; a terminal shows some MB/s, and the shard waits while it is made. */
const batchTextLengthMax = 64 * KiB;

/** What may lie unwritten in front of a slow terminal. */
const unwrittenSizeBytesMax = MiB;

class DebugDestination implements Destination {
  readonly id: string;
  readonly required = false;
  readonly #config: DebugExporterConfig;
  readonly #deps: DebugDestinationDeps;
  readonly #bytes: Uint8Array;
  readonly #text = new JsonText(4 * KiB, MiB);
  readonly #json = new LogsJson(this.#text);
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #windowBatches = 0;
  #silentBatches = 0;
  #unsettled = 0;
  #idleWaiters: (() => void)[] = [];
  #closed = false;

  constructor(config: DebugExporterConfig, deps: DebugDestinationDeps) {
    this.id = config.id;
    this.#config = config;
    this.#deps = deps;
    this.#bytes = new Uint8Array(deps.buffer);
  }

  refusal(): undefined {
    return undefined;
  }

  enqueue(batch: Batch, settle: (outcome: Outcome) => void): Delivery {
    assert(!this.#closed, 'enqueue after close');
    const { counters } = this.#deps;
    counters.add(DestinationCounter.EnqueuedBatches, 1);
    if (this.#isSampled()) this.#print(batch);
    else this.#silentBatches += 1;
    this.#unsettled += 1;
    // Not from inside enqueue(): the caller has no Delivery yet.
    queueMicrotask(() => {
      counters.add(DestinationCounter.DeliveredBatches, 1);
      counters.add(DestinationCounter.DeliveredRecords, batch.recordCount);
      this.#unsettled -= 1;
      settle({ kind: OutcomeKind.Delivered, rejectedRecords: 0, message: '' });
      if (this.#unsettled > 0) return;
      for (const resolve of this.#idleWaiters.splice(0)) resolve();
    });
    return { abandon() {} }; // it is settled before anybody could want to
  }

  idle(): Promise<void> {
    if (this.#unsettled === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.idle();
  }

  /** The first `sampling_initial` batches of a second, then each `sampling_thereafter`-th. */
  #isSampled(): boolean {
    const { clock, stderr } = this.#deps;
    const { samplingInitial, samplingThereafter } = this.#config;
    const nowMs = clock.nowMs();
    if (nowMs - this.#windowStartMs >= sampleWindowMs) {
      this.#windowStartMs = nowMs;
      this.#windowBatches = 0;
    }
    this.#windowBatches += 1;
    if ((stderr.writableLength ?? 0) > unwrittenSizeBytesMax) return false;
    const later = this.#windowBatches - samplingInitial;
    return later <= 0 || (samplingThereafter > 0 && later % samplingThereafter === 0);
  }

  #print(batch: Batch): void {
    const { resourceCount, recordCount, bodyLengthBytes } = batch;
    const skipped = this.#silentBatches === 0 ? '' : `, ${this.#silentBatches} batches not shown`;
    this.#silentBatches = 0;
    const counts = `${resourceCount} resources, ${recordCount} records, ${bodyLengthBytes} bytes`;
    const head = `${this.id}: ${counts}${skipped}`;
    const lines = this.#config.verbosity === 'basic' ? [] : this.#recordLines(batch);
    this.#deps.stderr.write(`${[head, ...lines].join('\n')}\n`);
  }

  #recordLines(batch: Batch): readonly string[] {
    const { renderer, exportBuffer } = this.#deps;
    const { offsetBytes } = exportBuffer;
    const toLines = this.#config.verbosity === 'normal' ? recordLines : detailedLines;
    const capacityBytes = Math.min(pieceSizeBytesMax, exportBuffer.sizeBytes);
    const { recordCount } = batch;
    const lines: string[] = [];
    let textLength = 0;
    for (let recordFrom = 0; recordFrom < recordCount; ) {
      if (textLength >= batchTextLengthMax) {
        lines.push(`... ${recordCount - recordFrom} more records not shown`);
        break;
      }
      const piece = renderer.renderRecords(
        batch,
        recordFrom,
        recordCount,
        offsetBytes,
        capacityBytes,
      );
      const json = piece.recordEnd > recordFrom ? this.#jsonOf(piece.lengthBytes) : undefined;
      const more = json === undefined ? ['... records too large to show'] : toLines(json);
      for (const line of more) {
        if (textLength < batchTextLengthMax) lines.push(line);
        textLength += line.length + 1;
      }
      recordFrom = Math.max(piece.recordEnd, recordFrom + 1);
    }
    return lines;
  }

  /** Undefined when it is too long or no OTLP after all: then there is nothing to show. */
  #jsonOf(lengthBytes: number): string | undefined {
    this.#text.clear(pieceSizeBytesMax);
    try {
      const fits = this.#json.appendLine(
        this.#bytes,
        this.#deps.exportBuffer.offsetBytes,
        lengthBytes,
      );
      return fits ? this.#text.written.toString() : undefined;
    } catch (error) {
      if (error instanceof GopherShipError && error.code === 'OTLP_MALFORMED') return undefined;
      throw error;
    }
  }
}
