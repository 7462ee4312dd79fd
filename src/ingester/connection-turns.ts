// The order in which messages that wait get their slabs: round robin over connections. The pool's
// line is first come first served, over all shards where the slabs are large ones; of each
// connection only the oldest request stands in it, and when that has left, the next one goes to its
// end. So whoever has many streams gets no more turns than whoever has one.

import type { Slabs } from './slabs.ts';

interface Request {
  readonly sizeBytes: number;
  readonly granted: (slab: number) => void;
  /** Its place in the pool's line, when it has one. */
  place: { cancel(): void } | undefined;
}

export class ConnectionTurns {
  readonly #slabs: Pick<Slabs, 'wait'>;
  /** In order of arrival; of each the first is in the pool's line. */
  readonly #requests = new Map<object, Set<Request>>();

  constructor(slabs: Pick<Slabs, 'wait'>) {
    this.#slabs = slabs;
  }

  /** As Slabs.wait(). */
  wait(connection: object, sizeBytes: number, granted: (slab: number) => void): { cancel(): void } {
    const request: Request = { sizeBytes, granted, place: undefined };
    const others = this.#requests.get(connection);
    if (others === undefined) {
      this.#requests.set(connection, new Set([request]));
      this.#enter(connection, request);
    } else {
      others.add(request);
    }
    return {
      cancel: () => {
        request.place?.cancel();
        this.#leave(connection, request);
      },
    };
  }

  #enter(connection: object, request: Request): void {
    request.place = this.#slabs.wait(request.sizeBytes, (slab) => {
      this.#leave(connection, request);
      request.granted(slab);
    });
  }

  #leave(connection: object, request: Request): void {
    const requests = this.#requests.get(connection);
    // Twice is once.
    if (requests === undefined || !requests.delete(request)) return;
    const [next] = requests;
    if (next === undefined) this.#requests.delete(connection);
    else if (next.place === undefined) this.#enter(connection, next);
  }
}
