// The part of memory/slab-pool.ts that the ingester uses.

export interface Slabs {
  reserve(sizeBytes: number): number;
  wait(sizeBytes: number, granted: (slab: number) => void): { cancel(): void };
  free(slab: number): void;
  /** Gives back what a body that turned out shorter does not need. */
  shrink(slab: number, bodySizeBytes: number): void;
  bodyOffsetBytes(slab: number): number;
  capacityBytes(slab: number): number;
  readonly reservedBytes: number;
  /** Called when a slab was given back. */
  onFree: (() => void) | undefined;
  readonly occupancyPercent: number;
}
