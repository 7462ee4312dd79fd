// How fast a destination takes bytes, smoothed over its last deliveries: tells producers when there
// will be room again.

const newestShare = 0.2;

export class DeliveryRate {
  /** 0 before the first delivery. */
  #bytesPerMs = 0;

  delivered(lengthBytes: number, tookMs: number): void {
    const bytesPerMs = lengthBytes / Math.max(1, tookMs);
    this.#bytesPerMs =
      this.#bytesPerMs === 0
        ? bytesPerMs
        : (1 - newestShare) * this.#bytesPerMs + newestShare * bytesPerMs;
  }

  /** Milliseconds that this many bytes will take; 0 as long as nobody knows. */
  drainMs(sizeBytes: number): number {
    return this.#bytesPerMs === 0 ? 0 : sizeBytes / this.#bytesPerMs;
  }
}
