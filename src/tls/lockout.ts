// What of new material would make every handshake fail. At the start that is a warning, since there
// is nothing better; at a reload it must not replace material that works.

import type { X509Certificate } from 'node:crypto';
import { GopherShipError } from '../errors.ts';
import {
  describe,
  nameOf,
  type PemSources,
  type PemText,
  parseCertificates,
  validityProblem,
} from './pem-material.ts';

/**
 * Throws TLS_MATERIAL when `next` locks out everybody in a way that `inUse` does not. Both have
 * been checked, and both are judged by the clock of now: what has expired in use is no better than
 * what has expired on disk.
 */
export function refuseLockout(
  sources: PemSources,
  inUse: PemText,
  next: PemText,
  wallMs: number,
): void {
  for (const problem of [bundleProblem, leafProblem]) {
    const found = problem(sources, next, wallMs);
    if (found !== undefined && problem(sources, inUse, wallMs) === undefined) {
      throw new GopherShipError('TLS_MATERIAL', found);
    }
  }
}

/** A bundle that can verify nobody. */
function bundleProblem(sources: PemSources, { ca }: PemText, wallMs: number): string | undefined {
  if (ca === undefined) return undefined;
  const name = nameOf(sources.ca);
  const anchors = parseCertificates(ca, name).filter(isTrustAnchor);
  if (anchors.length === 0) return `${name}: none of its certificates is a root authority`;
  const problems = anchors.map((anchor) => validity(anchor, wallMs));
  return problems.includes(undefined) ? undefined : `${name}: ${problems[0]}`;
}

/** A certificate that no peer accepts. */
function leafProblem(sources: PemSources, { cert }: PemText, wallMs: number): string | undefined {
  if (cert === undefined) return undefined;
  const name = nameOf(sources.cert);
  const problem = validity(parseCertificates(cert, name)[0]!, wallMs);
  return problem === undefined ? undefined : `${name}: ${problem}`;
}

function validity(certificate: X509Certificate, wallMs: number): string | undefined {
  const problem = validityProblem(certificate, wallMs);
  return problem === undefined ? undefined : `${describe(certificate)} ${problem}`;
}

/**
 * OpenSSL ends a chain only at a certificate that names itself as its issuer. It need not be marked
 * as an authority: a peer's own self-signed certificate in the bundle is accepted from that peer.
 */
function isTrustAnchor(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer;
}
