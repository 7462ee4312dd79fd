// Writes batches, enriched, into export buffers: resource attributes are spliced into the wire
// bytes by the kernel, everything else is copied. It exists so that enrichment costs a copy and no
// decoding.

import { assert } from '../assert.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { SpliceStatus } from '../kernel/kernel-abi.ts';
import { spliceGrowthBytesMax } from '../kernel/splice-plan.ts';
import { writeRecords } from '../otlp/logs-split.ts';

/** What the renderer reads of a batch; the exporter's Batch has this shape. */
export interface RenderableBatch {
  readonly bodyOffsetBytes: number;
  readonly bodyLengthBytes: number;
  readonly resourceCount: number;
}

export interface RendererOptions {
  readonly kernel: Pick<Kernel, 'spliceResources' | 'spliceResource'>;
  /** The whole arena. */
  readonly bytes: Uint8Array;
  /** Holds the plan for as long as the renderer lives; nobody else writes it. */
  readonly scratch: { readonly offsetBytes: number; readonly sizeBytes: number };
  /** From planEnrichment(); empty: batches are copied as they are. */
  readonly plan: Uint8Array;
}

/** Has the shape of the exporter's BatchRenderer, which says what each method promises. */
export interface Renderer {
  sizeBytesMax(batch: RenderableBatch): number;
  renderBatch(batch: RenderableBatch, dstOffsetBytes: number, dstCapacityBytes: number): number;
  renderRecords(
    batch: RenderableBatch,
    recordFrom: number,
    recordTo: number,
    dstOffsetBytes: number,
    dstCapacityBytes: number,
  ): { readonly lengthBytes: number; readonly recordEnd: number };
}

export function createRenderer(options: RendererOptions): Renderer {
  const { kernel, bytes, scratch, plan } = options;
  assert(plan.length <= scratch.sizeBytes, 'plan larger than its scratch region');
  bytes.set(plan, scratch.offsetBytes);
  const planOffsetBytes = scratch.offsetBytes;
  const planLengthBytes = plan.length;
  const enriches = planLengthBytes > 0;

  function copy(fromBytes: number, lengthBytes: number, dst: number, capacityBytes: number) {
    if (lengthBytes > capacityBytes) return SpliceStatus.NoRoom;
    bytes.copyWithin(dst, fromBytes, fromBytes + lengthBytes);
    return lengthBytes;
  }

  function writeResource(src: number, srcLength: number, dst: number, capacityBytes: number) {
    const lengthBytes = Math.max(0, srcLength); // an absent resource is enriched like an empty one
    if (!enriches) return copy(src, lengthBytes, dst, capacityBytes);
    return sizeOrNoRoom(
      kernel.spliceResource(src, lengthBytes, dst, capacityBytes, planOffsetBytes, planLengthBytes),
    );
  }

  return {
    sizeBytesMax(batch) {
      return (
        batch.bodyLengthBytes + (enriches ? spliceGrowthBytesMax(plan, batch.resourceCount) : 0)
      );
    },
    renderBatch(batch, dstOffsetBytes, dstCapacityBytes) {
      const { bodyOffsetBytes, bodyLengthBytes } = batch;
      if (!enriches)
        return copy(bodyOffsetBytes, bodyLengthBytes, dstOffsetBytes, dstCapacityBytes);
      return sizeOrNoRoom(
        kernel.spliceResources(
          bodyOffsetBytes,
          bodyLengthBytes,
          dstOffsetBytes,
          dstCapacityBytes,
          planOffsetBytes,
          planLengthBytes,
        ),
      );
    },
    renderRecords(batch, recordFrom, recordTo, dstOffsetBytes, dstCapacityBytes) {
      const { bodyOffsetBytes, bodyLengthBytes } = batch;
      return writeRecords(
        {
          bytes,
          bodyOffsetBytes,
          bodyLengthBytes,
          recordFrom,
          recordTo,
          dstOffsetBytes,
          dstCapacityBytes,
        },
        writeResource,
      );
    },
  };
}

/**
 * What is rendered was scanned, and the plan is ours: too little room is all that the kernel may
 * refuse. Anything else taken for that would send a batch that can never be sent into splitting.
 */
function sizeOrNoRoom(result: number): number {
  assert(result !== SpliceStatus.Malformed, 'kernel calls a scanned batch malformed');
  assert(result !== SpliceStatus.BadPlan, 'kernel cannot read the splice plan');
  assert(result >= SpliceStatus.NoRoom, 'kernel answers with an unknown splice status');
  return result;
}
