// Certificates of `gophership dev`: made at the first start, reused afterwards, and renewed before
// they run out, so that a laptop's second start a year later still works.

import { systemClock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import type { PemPair } from './certificate-authority.ts';
import {
  type CertificateFolder,
  certificateFolder,
  makeAuthority,
  makeClient,
  makeServer,
} from './certificate-folder.ts';
import { makeFolder } from './make-folder.ts';
import { loadMaterial, parseCertificates, readPem } from './pem-material.ts';

export interface DevCertificates extends CertificateFolder {
  /** What was made in this call; empty when everything was reused. */
  readonly made: readonly ('ca' | 'server' | 'client')[];
}

export async function createDevCertificates(
  directory: string,
  wallMs = systemClock.wallMs(),
): Promise<DevCertificates> {
  const folder = certificateFolder(directory);
  const made: ('ca' | 'server' | 'client')[] = [];
  await makeFolder(folder.directory, 0o700);
  const { caCert, caKey, serverCert, serverKey, clientCert, clientKey } = folder;
  let ca = await readGood(undefined, caCert, caKey, wallMs);
  if (ca === undefined) {
    ca = await makeAuthority(folder, authorityDays, wallMs);
    made.push('ca');
  }
  if ((await readGood(ca, serverCert, serverKey, wallMs)) === undefined) {
    await makeServer(folder, ca, leafDays, localOnly, wallMs);
    made.push('server');
  }
  if ((await readGood(ca, clientCert, clientKey, wallMs)) === undefined) {
    await makeClient(folder, ca, leafDays, wallMs);
    made.push('client');
  }
  return { ...folder, made };
}

const authorityDays = 3650;
const leafDays = 365;
const localOnly = { dnsNames: [], ipAddresses: [], uriSans: [] };
const renewBeforeMs = 7 * 24 * 60 * 60 * 1000;

/**
 * The pair on disk; undefined when it is missing, broken, about to expire, or of another authority.
 */
async function readGood(
  ca: PemPair | undefined,
  certPath: string,
  keyPath: string,
  wallMs: number,
): Promise<PemPair | undefined> {
  const cert = { file: certPath };
  const key = { file: keyPath };
  try {
    await loadMaterial({ ca: undefined, cert, key }, wallMs);
    const pair = { certPem: await readPem(cert), keyPem: await readPem(key) };
    const certificate = parseCertificates(pair.certPem, certPath)[0]!;
    if (certificate.validToDate.getTime() - wallMs < renewBeforeMs) return undefined;
    if (certificate.validFromDate.getTime() > wallMs) return undefined;
    if (ca === undefined) return pair;
    const authority = parseCertificates(ca.certPem, 'ca.pem')[0]!;
    return certificate.verify(authority.publicKey) ? pair : undefined;
  } catch (error) {
    // Missing or broken material is what this function looks for; anything else is ours to know.
    if (error instanceof GopherShipError) return undefined;
    throw error;
  }
}
