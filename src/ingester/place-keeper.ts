// Sees to it that idle connections do not keep others out for ever. While all places of a shard are
// taken and somebody has waited for one for long, those that have been idle longest are sent away,
// a few at a time: their clients come back when they have something to send, and stand in line like
// the others.
//
// It is slow on purpose. Where there are more producers than places, each that is sent away comes
// back at once, with a handshake that costs more than its requests: whoever sends once a minute
// keeps its place.

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

type Gate = Pick<ConnectionGate<unknown>, 'parkedCount' | 'parkedForMs' | 'lackingPlaceCount'>;

export class PlaceKeeper {
  readonly #gate: Gate;
  readonly #clock: Clock;
  readonly #holders: (() => Iterable<HeldPlace>)[] = [];
  /** Those that were sent away and are still there and idle, and since when. */
  #leaving = new Map<HeldPlace, number>();
  #lookedMs = -Infinity;
  #timer: Timer | undefined;

  /** One for all ports that share the gate. */
  constructor(gate: Gate, clock: Clock) {
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
    const lackingCount = Math.min(this.#gate.lackingPlaceCount, leavingMax);
    const isLong = this.#gate.parkedForMs(nowMs) >= parkedMsMin || this.#leaving.size > 0;
    if (lackingCount > 0 && isLong) this.#makeRoom(lackingCount, nowMs);
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

// A producer that sends more often than this would only come back.
const idleMsMin = 60_000;

/** Places come free by themselves, too. What SDKs wait for an answer, retries included. */
const parkedMsMin = 10_000;

/** In a second. */
const leavingMax = 4;

// For the round trip that a polite end takes.
const leaveMsMax = 2_000;
