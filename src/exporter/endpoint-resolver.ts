// Addresses behind a destination's host name. A lookup holds one of the process's few libuv
// threads, so there is never more than one under way here, and its answer stays in use when later
// ones fail or hang.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '../clock.ts';

/** All addresses of a name, in the resolver's order. */
export type Lookup = (host: string) => Promise<readonly string[]>;

// The C library asks a dead server for 5 s at least before it goes on to the next one; a connection
// that could be made with the last answer does not wait for that.
const waitMsMax = 2_000;

export class EndpointResolver {
  readonly #host: string;
  readonly #clock: Clock;
  readonly #lookup: Lookup;
  #last: readonly string[] = [];
  /** What the lookup under way, if there is one, comes to. */
  #pending: Promise<readonly string[]> | undefined;

  constructor(host: string, clock: Clock, lookupAll: Lookup = systemLookup) {
    this.#host = host.startsWith('[') ? host.slice(1, -1) : host;
    this.#clock = clock;
    this.#lookup = lookupAll;
  }

  /** False for an address: there is nothing to look up again. */
  get isName(): boolean {
    return isIP(this.#host) === 0;
  }

  /**
   * Looks up now. The last answer when that fails or takes long; rejects when there never was one.
   */
  addresses(): Promise<readonly string[]> {
    if (!this.isName) return Promise.resolve([this.#host]);
    this.#pending ??= this.#begin();
    return this.#pending;
  }

  #begin(): Promise<readonly string[]> {
    const answer = this.#look().finally(() => {
      this.#pending = undefined;
    });
    if (this.#last.length === 0) return answer;
    return new Promise((resolve) => {
      const timer = this.#clock.after(waitMsMax, () => resolve(this.#last));
      // It does not reject, because there is a last answer.
      void answer.then((addresses) => {
        timer.cancel();
        resolve(addresses);
      });
    });
  }

  async #look(): Promise<readonly string[]> {
    try {
      const addresses = await this.#lookup(this.#host);
      if (addresses.length > 0) this.#last = addresses;
      if (this.#last.length === 0) throw new Error(`${this.#host} has no address`);
    } catch (error) {
      if (this.#last.length === 0) throw error;
    }
    return this.#last;
  }
}

async function systemLookup(host: string): Promise<readonly string[]> {
  const answers = await lookup(host, { all: true });
  return answers.map((answer) => answer.address);
}
