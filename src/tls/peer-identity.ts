// Who is at the other end of a verified TLS connection, from its certificate. Everything here is
// text that the peer's authority signed but the peer may have chosen: it is escaped before anybody
// shows it.

import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { printable } from './printable.ts';

export interface PeerIdentity {
  /**
   * One line, most significant part first, separators inside values escaped: "O=Example, OU=ops,
   * CN=web-1".
   */
  readonly subject: string;
  /** As in the certificate, not escaped: for comparing, not for showing. */
  readonly organizationalUnits: readonly string[];
  /** As in the certificate, not escaped: for comparing, not for showing. */
  readonly uriSans: readonly string[];
  /**
   * What logs and metrics call the peer: its first URI SAN, else its common name, else its subject;
   * escaped.
   */
  readonly producerName: string;
}

/** Undefined when the peer showed no certificate, or has gone. */
export function peerIdentity(socket: TLSSocket): PeerIdentity | undefined {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? undefined : certificateIdentity(certificate);
}

export function certificateIdentity(certificate: X509Certificate): PeerIdentity {
  const fields = certificate.toLegacyObject().subject as unknown as LegacyName;
  const uriSans = alternativeNames(certificate, 'URI');
  const subject = printable(certificate.subject.split('\n').join(', '));
  const producerName = uriSans[0] ?? list(fields.CN).at(-1);
  return {
    subject,
    organizationalUnits: list(fields.OU),
    uriSans,
    producerName: producerName === undefined ? subject : printable(producerName),
  };
}

/** Subject alternative names of one kind, as Node names it: 'DNS', 'IP Address', 'URI'. */
export function alternativeNames(certificate: X509Certificate, kind: string): string[] {
  // Node writes a value that holds a comma, a quote or a control character as a JSON string with
  // the comma escaped, so ", " only ever stands between names.
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => name.startsWith(`${kind}:`))
    .map((name) => name.slice(kind.length + 1))
    .map((value) => (value.startsWith('"') ? String(JSON.parse(value)) : value));
}

// @types/node says string, but Node gives an array when a name has the field more than once.
type LegacyName = Readonly<Record<string, string | string[] | undefined>>;

function list(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
