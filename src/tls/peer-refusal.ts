// Why a listener refused a peer, from the arguments of 'tlsClientError'. Node ends the handshake
// before it looks at the verification result and then just closes the socket, so the peer of an
// unknown authority sees a closed connection instead of an alert; this side's log is where the
// reason stands.

import type { TLSSocket } from 'node:tls';
import { printable } from './printable.ts';

/**
 * A code that people can search for: "CERT_HAS_EXPIRED",
 * "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE".
 */
export function peerRefusal(error: Error, socket: TLSSocket): string {
  // @types/node says Error, but Node stores the code of the verification as text, or null.
  const verification = socket.authorizationError as unknown;
  if (typeof verification === 'string') return verification;
  return 'code' in error ? printable(String(error.code)) : printable(error.message);
}
