// When requests to one destination may start. After a failure nothing is sent for the back-off;
// then one probe goes, and when it succeeds 1, 2, 4 ... requests at a time, until the destination
// has shown that it bears all of them. Pure but for the clock that it reads; its owner sets the
// timers.

import { assert, unreachable } from '../assert.ts';
import type { Clock } from '../clock.ts';
import type { RetryConfig } from '../config/config.ts';
import { retryDelayMsMax } from '../limits.ts';
import { retryDelayMs } from './retry-policy.ts';

export interface CircuitBreakerOptions {
  readonly clock: Clock;
  readonly retry: RetryConfig;
  readonly random: () => number;
  readonly consumersMax: number;
}

/**
 * Why nothing is sent although the destination answers. 'setup': credentials or path, found out
 * again with an empty request; 'codes': refuses whatever we send, found out again with one real
 * batch.
 */
export type Fault = 'setup' | 'codes';

export type BreakerState =
  | { readonly kind: 'closed' }
  /** Nothing starts before `untilMs`. */
  | { readonly kind: 'waiting'; readonly untilMs: number }
  /** One request is under way to find out. */
  | { readonly kind: 'probing' }
  | { readonly kind: 'ramping'; readonly requestsMax: number; readonly successes: number };

// New batches are refused from this many failed answers in a row; a single one only pauses, and
// what arrives meanwhile waits in the queue. A destination that cannot even be reached is down at
// once: until producers hear of it, all other destinations get each batch again.
const failureStreakMax = 3;

export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #state: BreakerState = { kind: 'closed' };
  #fault: Fault | undefined;
  /** Failed requests since the last success. */
  #failureStreak = 0;
  /** Back-offs since the last success. */
  #attempts = 0;
  /** The server asked for a wait that no producer sits out. */
  #longDelay = false;
  /** The last failure did not reach the destination: there is nobody to take anything. */
  #unreached = false;
  /** Counts waits and probes, so that the end of a request from before one is known as old. */
  #epoch = 0;

  constructor(options: CircuitBreakerOptions) {
    assert(options.consumersMax >= 1, 'no consumer');
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** True: the destination is taken for dead, and new batches go elsewhere. */
  get isDown(): boolean {
    const waiting = this.#state.kind === 'waiting' || this.#state.kind === 'probing';
    if (!waiting) return false;
    if (this.#fault !== undefined || this.#longDelay || this.#unreached) return true;
    return this.#failureStreak >= failureStreakMax;
  }

  /** For the state page: 0 works, 1 waits, 2 finds out. */
  get gauge(): 0 | 1 | 2 {
    const { kind } = this.#state;
    if (kind === 'closed') return 0;
    return kind === 'waiting' ? 1 : 2;
  }

  /** Milliseconds until a request may start; 0 when time is not what holds it back. */
  get waitMs(): number {
    if (this.#state.kind !== 'waiting') return 0;
    return Math.max(0, this.#state.untilMs - this.#options.clock.nowMs());
  }

  /** True: the next request to start is a probe, and it may start now. */
  get probeIsDue(): boolean {
    return this.#state.kind === 'waiting' && this.waitMs === 0;
  }

  mayStart(inFlightRequests: number): boolean {
    const state = this.#state;
    switch (state.kind) {
      case 'closed':
        return inFlightRequests < this.#options.consumersMax;
      case 'waiting':
        return this.waitMs === 0;
      case 'probing':
        return false;
      case 'ramping':
        return inFlightRequests < state.requestsMax;
      default:
        return unreachable(state, 'breaker state');
    }
  }

  /** A request starts. The number goes to the method that tells how it ended. */
  begin(): number {
    assert(this.#state.kind !== 'probing', 'second probe');
    if (this.#state.kind === 'waiting') {
      assert(this.waitMs === 0, 'request started while waiting');
      this.#state = { kind: 'probing' };
      this.#epoch += 1;
    }
    return this.#epoch;
  }

  /** The destination answered as one that works, whatever it thinks of this request. */
  succeeded(epoch: number): void {
    if (epoch < this.#epoch) return; // From before the trouble: says nothing about now.
    const state = this.#state;
    assert(state.kind !== 'waiting', 'success of this epoch while waiting');
    this.#failureStreak = 0;
    this.#attempts = 0;
    this.#longDelay = false;
    this.#unreached = false;
    this.#fault = undefined;
    if (state.kind === 'probing') this.#ramp(1, 0);
    if (state.kind === 'ramping') {
      const successes = state.successes + 1;
      if (successes < state.requestsMax) this.#ramp(state.requestsMax, successes);
      else this.#ramp(2 * state.requestsMax, 0);
    }
  }

  /** The request failed in a way that may pass. `unreached`: it was certainly not sent. */
  failed(epoch: number, serverDelayMs: number | undefined, unreached = false): void {
    this.#failureStreak += 1;
    this.#wait(epoch, serverDelayMs, unreached);
  }

  /** The answer says that the destination is set up wrongly, or refuses everything. */
  faulted(epoch: number, fault: Fault, serverDelayMs?: number): void {
    // The fault of a request from before the wait or the probe must not change what that is about.
    if (epoch === this.#epoch) this.#fault = fault;
    this.#wait(epoch, serverDelayMs, false);
  }

  /** The request did not happen (its connection went away unused): nothing is learned. */
  retracted(epoch: number): void {
    if (epoch < this.#epoch || this.#state.kind !== 'probing') return;
    this.#state = { kind: 'waiting', untilMs: this.#options.clock.nowMs() };
  }

  /**
   * A connection came up while we wait because there was none: the probe need not wait any longer.
   */
  connected(): void {
    if (this.#state.kind !== 'waiting' || !this.#unreached) return;
    this.#state = { kind: 'waiting', untilMs: this.#options.clock.nowMs() };
  }

  #ramp(requestsMax: number, successes: number): void {
    this.#state =
      requestsMax >= this.#options.consumersMax
        ? { kind: 'closed' }
        : { kind: 'ramping', requestsMax, successes };
  }

  #wait(epoch: number, serverDelayMs: number | undefined, unreached: boolean): void {
    const { clock, retry, random } = this.#options;
    if (serverDelayMs !== undefined && serverDelayMs > retryDelayMsMax) this.#longDelay = true;
    if (epoch < this.#epoch) {
      // Requests that were under way together fail together: one back-off for all, the longest that
      // was asked for.
      if (this.#state.kind !== 'waiting' || serverDelayMs === undefined) return;
      const delayMs = retryDelayMs(retry, 1, 0, serverDelayMs);
      const untilMs = Math.max(this.#state.untilMs, clock.nowMs() + delayMs);
      this.#state = { kind: 'waiting', untilMs };
      return;
    }
    this.#attempts += 1;
    this.#epoch += 1;
    this.#unreached = unreached;
    const delayMs = retryDelayMs(retry, this.#attempts, random(), serverDelayMs);
    this.#state = { kind: 'waiting', untilMs: clock.nowMs() + delayMs };
  }
}
