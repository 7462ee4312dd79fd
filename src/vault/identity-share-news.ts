// Tells the operator that a client has its share of the vault: producers hear VAULT_FULL although
// the vault is not full. At most once a minute, a greedy client asks all the time.

import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { ByteView } from './byte-view.ts';
import { readProducerHash } from './identity-share-key.ts';
import { U64 } from './u64.ts';

const tellIntervalMs = 60_000;

export class IdentityShareNews {
  readonly #area: ByteView;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #producerHash = new U64();
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(area: ByteView, clock: Clock, log: Log) {
    this.#area = area;
    this.#clock = clock;
    this.#log = log;
  }

  /** The entry in this slab. */
  refused(slab: number): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#toldMs < tellIntervalMs) return;
    this.#toldMs = nowMs;
    const hash = readProducerHash(this.#area, slab, this.#producerHash)
      .toBigInt()
      .toString(16)
      .padStart(16, '0');
    const text = 'a client has its share of the vault, and is refused until some of it is sent';
    this.#log.warn('VAULT_FULL', text, { producer_hash: hash });
  }
}
