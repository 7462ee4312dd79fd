// The one thing that is asked of Node's parser and has no public name: to forget what it parses.
// Node makes a request and a response for whatever comes, and keeps both until the connection ends
// if nobody answers; one read of a socket brings two thousand small ones.

import type { TLSSocket } from 'node:tls';

/** As in Node 26: `socket.parser`, which is null when the parser has been taken from the socket. */
interface Parser {
  incoming: unknown;
  onIncoming: (request: unknown, keepsAlive: boolean) => number;
}

/** Requests that come from now on leave no trace. The one that is coming is not touched. */
export function ignoreRequests(socket: TLSSocket): void {
  // Node's types leave it out. Without it we are right, and only need more memory.
  const { parser } = socket as TLSSocket & { readonly parser?: Parser | null };
  if (parser === undefined || parser === null) return;
  parser.onIncoming = () => {
    parser.incoming = null; // Node drops the body of a request that is gone
    return 0;
  };
}
