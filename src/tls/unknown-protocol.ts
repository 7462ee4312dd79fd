// The answer to a client that finished TLS without ALPN on a port that speaks HTTP/2 only: HTTP/1.1
// by the look of it, so it is told in HTTP/1.1.

import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import { endPolitely } from './polite-end.ts';

/** `portText` says in ASCII what this port speaks. */
export function endUnknownProtocol(socket: TLSSocket, clock: Clock, portText: string): void {
  const text = `${portText}\n`;
  socket.write(
    'HTTP/1.1 505 HTTP Version Not Supported\r\nconnection: close\r\ncontent-type: text/plain\r\n' +
      `content-length: ${text.length}\r\n\r\n${text}`,
  );
  endPolitely(socket, clock);
}
