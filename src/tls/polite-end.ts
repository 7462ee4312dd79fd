// Ends a TLS connection so that what was written last arrives. Closing a socket while the peer
// still sends makes the kernel answer with a reset, and a reset can overtake an answer that the
// peer has not read yet.

import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';

/**
 * Sends what is written and the end of it, reads and forgets what still comes, and closes when the
 * peer has ended its side, a second later at the latest. For sockets that nobody reads any more.
 */
export function endPolitely(socket: TLSSocket, clock: Clock): void {
  const timer = clock.after(lingerMs, () => socket.destroy());
  socket.once('close', () => timer.cancel());
  socket.end(); // once both sides have ended, Node closes it
  socket.resume();
}

export const lingerMs = 1_000;
