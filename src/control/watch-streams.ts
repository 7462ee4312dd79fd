// All watches that are open: so many at a time, and a caller too many is told so at once.

import type { ConnectError } from '@connectrpc/connect';
import { rpcFault } from './rpc-fault.ts';
import { WatchStream, type WatchStreamOptions } from './watch-stream.ts';

export class WatchStreams {
  readonly #countMax: number;
  #count = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#count;
  }

  /** Throws CONTROL_BUSY when as many are open as may be. */
  open<T>(options: WatchStreamOptions<T>): WatchStream<T> {
    if (this.#count >= this.#countMax) throw tooMany(this.#countMax);
    const stream = new WatchStream<T>({
      ...options,
      ended: () => {
        this.#count -= 1;
        options.ended();
      },
    });
    this.#count += 1;
    return stream;
  }
}

function tooMany(countMax: number): ConnectError {
  return rpcFault('CONTROL_BUSY', `${countMax} watches are open, which is as many as may be`);
}
