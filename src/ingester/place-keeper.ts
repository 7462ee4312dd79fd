// Sees to it that idle connections do not keep others out. While all places of a shard are taken
// and somebody waits for one, those that have been idle longest are sent away, as many as wait:
// their clients come back when they have something to send, and stand in line like the others.

import type { Clock, Timer } from '../clock.ts';
import type { ConnectionGate } from '../tls/connection-gate.ts';

/** A connection of whichever protocol. */
export interface HeldPlace {
  /** For how long it has had no request; 0 while one is open. */
  readonly idleMs: number;
  /** What its client sends meanwhile is still answered. */
  closeGracefully(): void;
  destroy(): void;
}

export class PlaceKeeper {
  readonly #gate: Pick<ConnectionGate<unknown>, 'parkedCount' | 'lackingPlaceCount'>;
  readonly #clock: Clock;
  readonly #holders: (() => Iterable<HeldPlace>)[] = [];
  /** Those that were sent away and are still there and idle, and since when. */
  #leaving = new Map<HeldPlace, number>();
  #lookedMs = -Infinity;
  #timer: Timer | undefined;

  /** One for all ports that share the gate. */
  constructor(
    gate: Pick<ConnectionGate<unknown>, 'parkedCount' | 'lackingPlaceCount'>,
    clock: Clock,
  ) {
    this.#gate = gate;
    this.#clock = clock;
  }

  /** `connections` says who is there now. */
  watch(connections: () => Iterable<HeldPlace>): void {
    this.#holders.push(connections);
  }

  /** Somebody has begun to wait. Looks at once, and then once a second as long as anybody waits. */
  parked(): void {
    if (this.#timer !== undefined) return;
    const delayMs = Math.max(0, this.#lookedMs + lookMs - this.#clock.nowMs());
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#look();
    });
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    this.#lookedMs = nowMs;
    if (this.#gate.parkedCount === 0) {
      this.#leaving.clear();
      return;
    }
    const lackingCount = this.#gate.lackingPlaceCount;
    if (lackingCount > 0) this.#makeRoom(lackingCount, nowMs);
    this.parked();
  }

  #makeRoom(count: number, nowMs: number): void {
    const idle = this.#idle();
    const leaving = new Map<HeldPlace, number>();
    for (const place of idle) {
      const sinceMs = this.#leaving.get(place);
      if (sinceMs === undefined) continue;
      leaving.set(place, sinceMs);
      if (nowMs >= sinceMs + leaveMsMax) place.destroy(); // its client does not answer
    }
    const staying = idle.filter((place) => !leaving.has(place));
    staying.sort((a, b) => b.idleMs - a.idleMs);
    for (const place of staying.slice(0, Math.max(0, count - leaving.size))) {
      leaving.set(place, nowMs);
      place.closeGracefully();
    }
    this.#leaving = leaving;
  }

  #idle(): HeldPlace[] {
    const idle: HeldPlace[] = [];
    for (const connections of this.#holders) {
      for (const place of connections()) if (place.idleMs > idleMsMin) idle.push(place);
    }
    return idle;
  }
}

const lookMs = 1_000;

// A producer that sends more often than this would only come back. Less than what a waiting
// producer has patience for.
const idleMsMin = 10_000;

// For the round trip that a polite end takes.
const leaveMsMax = 2_000;
