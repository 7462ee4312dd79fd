// How fast the replay comes back after it had to fall back. If its own work was what made the
// pressure, a return to the full rate would make it again: the engine would go to and fro between
// two zones, and spend most of its time in the slower one. So it comes back to a quarter, doubles
// up to the half in a second, and then feels its way (additive increase, multiplicative decrease:
// Chiu and Jain, 1989).

/** From nothing to the whole rate, above the knee. */
const climbMs = 30_000;
const doublingMs = 1_000;

export class ReplayRamp {
  #rate = 0;
  #allowed = 0;
  /** Undefined: nothing has made it fall, or it is back. */
  #knee: number | undefined;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /**
   * Bytes per second.
   *
   * @param allowed what zone and limits allow, bytes per second
   * @param isWorking something of the backlog is on its way: a fall may be its fault
   */
  rate(nowMs: number, allowed: number, isWorking: boolean): number {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#atMs = Math.max(this.#atMs, nowMs);
    if (allowed < this.#allowed && isWorking && this.#rate > allowed) this.#knee = this.#rate / 2;
    this.#allowed = allowed;
    this.#rate = this.#knee === undefined ? allowed : this.#climbed(this.#knee, allowed, elapsedMs);
    if (this.#knee !== undefined && this.#rate > this.#knee && this.#rate >= allowed) {
      this.#knee = undefined;
    }
    return this.#rate;
  }

  #climbed(knee: number, allowed: number, elapsedMs: number): number {
    const from = this.#rate;
    if (from < knee / 2) return Math.min(allowed, knee / 2); // the time before was no climbing
    const climbed =
      from < knee
        ? Math.min(knee, from * 2 ** (elapsedMs / doublingMs))
        : from + (allowed * elapsedMs) / climbMs;
    return Math.min(allowed, climbed);
  }
}
