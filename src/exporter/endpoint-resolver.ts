// Addresses behind a destination's host name. A lookup holds one of the process's few libuv threads, so
// there is never more than one under way here, and its answer stays in use when later ones fail.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** All addresses of a name, in the resolver's order. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export class EndpointResolver {
  readonly #host: string;
  readonly #lookup: Lookup;
  #last: readonly string[] = [];
  #pending: Promise<readonly string[]> | undefined;

  constructor(host: string, lookupAll: Lookup = systemLookup) {
    this.#host = host.startsWith('[') ? host.slice(1, -1) : host;
    this.#lookup = lookupAll;
  }

  /** False for an address: there is nothing to look up again. */
  get isName(): boolean {
    return isIP(this.#host) === 0;
  }

  /** Looks up now. The last answer when that fails; rejects when there never was one. */
  addresses(): Promise<readonly string[]> {
    if (!this.isName) return Promise.resolve([this.#host]);
    this.#pending ??= this.#look().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
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
