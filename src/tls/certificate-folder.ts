// The files that `gs-ctl certs init` and `gophership dev` keep: an authority, a server and a client
// certificate under fixed names. Keys are for their owner only (0600), the folder too (0700).

import { open, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '../clock.ts';
import type { AlternativeNames } from './alternative-names.ts';
import type { PemPair } from './certificate-authority.ts';

export interface CertificateFolder {
  readonly directory: string;
  readonly caCert: string;
  readonly caKey: string;
  readonly serverCert: string;
  readonly serverKey: string;
  /** OU=gophership-operator. */
  readonly clientCert: string;
  readonly clientKey: string;
}

/** Absolute paths; nothing is read. */
export function certificateFolder(directory: string): CertificateFolder {
  const absolute = resolve(directory);
  return {
    directory: absolute,
    caCert: join(absolute, 'ca.pem'),
    caKey: join(absolute, 'ca.key'),
    serverCert: join(absolute, 'server.pem'),
    serverKey: join(absolute, 'server.key'),
    clientCert: join(absolute, 'client.pem'),
    clientKey: join(absolute, 'client.key'),
  };
}

export async function makeAuthority(
  folder: CertificateFolder,
  daysValid: number,
  wallMs = systemClock.wallMs(),
): Promise<PemPair> {
  const { createAuthority } = await import('./certificate-authority.ts');
  const ca = await createAuthority({ commonName: 'GopherShip local authority', daysValid, wallMs });
  await writePair(folder.caCert, folder.caKey, ca);
  return ca;
}

/** For localhost, its addresses, and `names`. */
export async function makeServer(
  folder: CertificateFolder,
  ca: PemPair,
  daysValid: number,
  names: AlternativeNames,
  wallMs = systemClock.wallMs(),
): Promise<void> {
  const { issue } = await import('./certificate-authority.ts');
  const pair = await issue({
    ca,
    commonName: names.dnsNames[0] ?? 'localhost',
    dnsNames: [...new Set(['localhost', ...names.dnsNames])],
    ipAddresses: [...new Set(['127.0.0.1', '::1', ...names.ipAddresses])],
    uriSans: names.uriSans,
    usage: 'server',
    daysValid,
    wallMs,
  });
  await writePair(folder.serverCert, folder.serverKey, pair);
}

export async function makeClient(
  folder: CertificateFolder,
  ca: PemPair,
  daysValid: number,
  wallMs = systemClock.wallMs(),
): Promise<void> {
  const { issue } = await import('./certificate-authority.ts');
  const pair = await issue({
    ca,
    commonName: 'local-operator',
    organizationalUnit: 'gophership-operator',
    usage: 'client',
    daysValid,
    wallMs,
  });
  await writePair(folder.clientCert, folder.clientKey, pair);
}

/**
 * Each file appears whole or not at all; the key first, so that a certificate never stands without
 * its key.
 */
export async function writePair(certPath: string, keyPath: string, pair: PemPair): Promise<void> {
  await writeWhole(keyPath, pair.keyPem, 0o600);
  await writeWhole(certPath, pair.certPem, 0o644);
}

/** Writes beside the file and renames over it. The mode holds from the first byte on. */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  const file = await open(beside, 'w', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}
