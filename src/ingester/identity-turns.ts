// The order in which messages that wait get their slabs: round robin over client identities, and
// within each over its connections. The pool's line is first come first served, over all shards
// where the slabs are large ones; of each identity only one request stands in it, and when that has
// left, one of the identity's next connection goes to its end. So whoever has many streams gets no
// more turns than whoever has one, and whoever has many connections neither.
//
// What share results: while n identities wait, each gets every n-th slab that becomes free,
// whatever it held before and however many connections it has. Turns are counted, not bytes. An
// identity alone gets all there is; from the moment that another waits it gets no new slab before
// that one.

import type { ServerConnection } from '../http2/server-stream.ts';
import type { Slabs } from './slabs.ts';

interface Request {
  readonly connection: object;
  readonly sizeBytes: number;
  readonly granted: (slab: number) => void;
}

/** Of one identity, as long as anything of it waits. */
interface Waiting {
  /** In the order of their turns; of each in order of arrival. */
  readonly byConnection: Map<object, Set<Request>>;
  /** The one in the pool's line, and its place there. */
  placed: Request | undefined;
  place: { cancel(): void } | undefined;
}

export class IdentityTurns {
  readonly #slabs: Pick<Slabs, 'wait'>;
  readonly #identities = new Map<string, Waiting>();

  constructor(slabs: Pick<Slabs, 'wait'>) {
    this.#slabs = slabs;
  }

  /** Identities of which something waits. */
  get identityCount(): number {
    return this.#identities.size;
  }

  /** As Slabs.wait(). */
  wait(
    connection: Pick<ServerConnection, 'peerSubject'>,
    sizeBytes: number,
    granted: (slab: number) => void,
  ): { cancel(): void } {
    const request: Request = { connection, sizeBytes, granted };
    const identity = connection.peerSubject;
    const waiting = this.#identities.get(identity) ?? this.#arrive(identity);
    const others = waiting.byConnection.get(connection);
    if (others === undefined) waiting.byConnection.set(connection, new Set([request]));
    else others.add(request);
    if (waiting.placed === undefined) this.#enterNext(identity, waiting);
    return {
      cancel: () => {
        const isPlaced = waiting.placed === request;
        if (isPlaced) waiting.place?.cancel();
        this.#leave(identity, waiting, request);
      },
    };
  }

  #arrive(identity: string): Waiting {
    const waiting: Waiting = { byConnection: new Map(), placed: undefined, place: undefined };
    this.#identities.set(identity, waiting);
    return waiting;
  }

  /** The oldest request of the connection whose turn it is. */
  #enterNext(identity: string, waiting: Waiting): void {
    const [turn] = waiting.byConnection;
    if (turn === undefined) {
      this.#identities.delete(identity);
      return;
    }
    const [connection, requests] = turn;
    const [request] = requests;
    if (request === undefined) return; // a connection without requests is not there
    waiting.placed = request;
    waiting.place = this.#slabs.wait(request.sizeBytes, (slab) => {
      // Its next turn comes after those of the others.
      waiting.byConnection.delete(connection);
      waiting.byConnection.set(connection, requests);
      this.#leave(identity, waiting, request);
      request.granted(slab);
    });
  }

  /** Twice is once. */
  #leave(identity: string, waiting: Waiting, request: Request): void {
    const requests = waiting.byConnection.get(request.connection);
    if (requests === undefined || !requests.delete(request)) return;
    if (requests.size === 0) waiting.byConnection.delete(request.connection);
    if (waiting.placed === request) {
      waiting.placed = undefined;
      waiting.place = undefined;
      this.#enterNext(identity, waiting);
    }
  }
}
