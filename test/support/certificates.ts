// Certificates for tests: one authority, one server and one client certificate, and a second
// authority that nobody trusts. Made once per process, held in memory; writeTo() puts them on disk.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, issue, type PemPair } from '../../src/tls/certificate-authority.ts';

export interface TestCertificates {
  readonly caPem: string;
  /** Signs further certificates: `issue({ ca, ... })`. */
  readonly ca: PemPair;
  /** For localhost, 127.0.0.1 and ::1. */
  readonly server: PemPair;
  /** CN=test-producer, OU=gophership-operator. */
  readonly client: PemPair;
  readonly otherCaPem: string;
  readonly otherCa: PemPair;
  /** A good client certificate of the authority that nobody trusts. */
  readonly otherClient: PemPair;
  /** A server certificate for localhost of the authority that nobody trusts. */
  readonly otherServer: PemPair;
}

export interface CertificateFiles {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

let cached: Promise<TestCertificates> | undefined;

export function testCertificates(): Promise<TestCertificates> {
  cached ??= make();
  return cached;
}

/**
 * Writes ca.pem, server.pem, server.key, client.pem, client.key into `directory` and returns their
 * paths.
 */
export async function writeTo(directory: string): Promise<CertificateFiles> {
  const { caPem, server, client } = await testCertificates();
  await mkdir(directory, { recursive: true });
  const write = async (name: string, text: string) => {
    const path = join(directory, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  return {
    ca: await write('ca.pem', caPem),
    serverCert: await write('server.pem', server.certPem),
    serverKey: await write('server.key', server.keyPem),
    clientCert: await write('client.pem', client.certPem),
    clientKey: await write('client.key', client.keyPem),
  };
}

export const localNames = {
  dnsNames: ['localhost'],
  ipAddresses: ['127.0.0.1', '::1'],
} as const;

async function make(): Promise<TestCertificates> {
  const [ca, otherCa] = await Promise.all([
    createAuthority({ commonName: 'test authority', daysValid: 30 }),
    createAuthority({ commonName: 'other authority', daysValid: 30 }),
  ]);
  const serverOptions = {
    commonName: 'localhost',
    ...localNames,
    usage: 'server',
    daysValid: 7,
  } as const;
  const clientOptions = {
    commonName: 'test-producer',
    organizationalUnit: 'gophership-operator',
    usage: 'client',
    daysValid: 7,
  } as const;
  const [server, client, otherServer, otherClient] = await Promise.all([
    issue({ ca, ...serverOptions }),
    issue({ ca, ...clientOptions }),
    issue({ ca: otherCa, ...serverOptions }),
    issue({ ca: otherCa, ...clientOptions }),
  ]);
  return {
    caPem: ca.certPem,
    ca,
    server,
    client,
    otherCaPem: otherCa.certPem,
    otherCa,
    otherServer,
    otherClient,
  };
}
