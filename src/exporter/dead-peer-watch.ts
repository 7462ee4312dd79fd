// Finds out that a peer has died without saying so. When something was sent and no byte comes back
// for a while, one PING goes; when that is not answered either, the connection is dead. Servers
// punish clients that ping often (grpc-go at the third one between answers), so two are the most
// without an answer.

import type { Clock, Timer } from '../clock.ts';

export interface DeadPeerWatchOptions {
  readonly clock: Clock;
  /** Wait without a byte before a PING, and again before the verdict. */
  readonly silenceMsMax: number;
  /** Bytes read from the peer so far. */
  readonly bytesRead: () => number;
  readonly ping: () => void;
  readonly onDead: () => void;
  /**
   * It answers PINGs but no request, and no further PING may go: a new connection is the better
   * bet.
   */
  readonly onStuck: () => void;
}

const pingsBetweenAnswersMax = 2;

export class DeadPeerWatch {
  readonly #options: DeadPeerWatchOptions;
  #timer: Timer | undefined;
  #seenBytes = 0;
  #pings = 0;
  #pinged = false;
  #inFlight = 0;

  constructor(options: DeadPeerWatchOptions) {
    this.#options = options;
  }

  /**
   * A request goes out. The silence that counts begins with the first one after the last byte read.
   */
  sent(): void {
    this.#inFlight += 1;
    if (this.#timer === undefined) this.#listen();
  }

  /** `answered`: HEADERS or DATA came; a request may also end because we gave it up. */
  ended(answered: boolean): void {
    this.#inFlight -= 1;
    if (!answered) return;
    this.#pings = 0;
    this.#pinged = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#inFlight > 0) this.#listen();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #listen(): void {
    const { clock, silenceMsMax, bytesRead } = this.#options;
    this.#seenBytes = bytesRead();
    this.#pinged = false;
    this.#timer = clock.after(silenceMsMax, () => this.#silent());
  }

  #silent(): void {
    const { clock, silenceMsMax, bytesRead, ping, onDead, onStuck } = this.#options;
    this.#timer = undefined;
    if (bytesRead() > this.#seenBytes) {
      // Alive. Whoever still waits for an answer goes on listening.
      if (this.#inFlight > 0) this.#listen();
      return;
    }
    if (this.#pinged) {
      onDead();
      return;
    }
    if (this.#pings >= pingsBetweenAnswersMax) {
      onStuck();
      return;
    }
    this.#pinged = true;
    this.#pings += 1;
    this.#timer = clock.after(silenceMsMax, () => this.#silent());
    ping();
  }
}
