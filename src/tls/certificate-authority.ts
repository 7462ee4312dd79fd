// A small certificate authority for laptops, tests and small fleets: one self-signed P-256 root
// that signs end-entity certificates. Production brings certificates of its own; nothing in the
// engine needs this file. Slow to import (x509 library), so import it lazily where start-up time
// counts.

import './reflect-metadata.ts';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { assert } from '../assert.ts';
import { systemClock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';

/** A certificate and its private key, both PEM text (PKCS #8 for the key). */
export interface PemPair {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface AuthorityOptions {
  readonly commonName: string;
  readonly daysValid: number;
  /** Wall clock of the signer; tests make expired certificates with it. */
  readonly wallMs?: number;
}

export interface IssueOptions {
  readonly ca: PemPair;
  readonly commonName: string;
  readonly organizationalUnit?: string | undefined;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uriSans?: readonly string[];
  readonly usage: 'server' | 'client';
  readonly daysValid: number;
  readonly wallMs?: number;
}

/** Makes a root that may sign end-entity certificates only (path length 0). */
export async function createAuthority(options: AuthorityOptions): Promise<PemPair> {
  const keys = await generateKeys();
  const { notBefore, notAfter } = validity(options.daysValid, options.wallMs);
  const name = new x509.Name(distinguishedName(options.commonName, undefined));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: name,
    issuer: name,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pemPair(certificate, keys.privateKey);
}

/** Signs a new key pair; the certificate never outlives the authority's. */
export async function issue(options: IssueOptions): Promise<PemPair> {
  const ca = readAuthority(options.ca);
  const keys = await generateKeys();
  const { notBefore, notAfter } = validity(options.daysValid, options.wallMs);
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    // Enough for every TLS 1.3 and ECDHE-ECDSA handshake: the key only signs.
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([
      options.usage === 'server'
        ? x509.ExtendedKeyUsage.serverAuth
        : x509.ExtendedKeyUsage.clientAuth,
    ]),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    new x509.AuthorityKeyIdentifierExtension(ca.keyIdentifier),
  ];
  const names = alternativeNames(options);
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: new x509.Name(distinguishedName(options.commonName, options.organizationalUnit)),
    // The issuer's name must be the same bytes as the root's subject: OpenSSL and Go compare DER.
    issuer: ca.certificate.subjectName,
    notBefore,
    notAfter: new Date(Math.min(notAfter.getTime(), ca.certificate.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey: ca.signingKey,
    extensions,
  });
  return pemPair(certificate, keys.privateKey);
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const dayMs = 24 * 60 * 60 * 1000;
// Hosts whose clocks are a little behind must accept a certificate made a moment ago.
const backdateMs = 5 * 60 * 1000;

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function readAuthority(ca: PemPair) {
  const certificate = new x509.X509Certificate(ca.certPem);
  const key = createPrivateKey(ca.keyPem);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new GopherShipError(
      'TLS_MATERIAL',
      `the authority's key is ${key.asymmetricKeyType}, only ECDSA P-256 can sign here`,
    );
  }
  const keyIdentifier = certificate.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  if (keyIdentifier === undefined) {
    throw new GopherShipError('TLS_MATERIAL', 'the authority has no subject key identifier');
  }
  return { certificate, keyIdentifier, signingKey: key.toCryptoKey(algorithm, false, ['sign']) };
}

/**
 * 126 random bits in 16 bytes whose first is never 0 or negative, so that the DER integer is
 * minimal.
 */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function validity(daysValid: number, wallMs = systemClock.wallMs()) {
  assert(daysValid > 0, 'a certificate is valid for some time');
  return {
    notBefore: new Date(wallMs - backdateMs),
    notAfter: new Date(wallMs + daysValid * dayMs),
  };
}

function distinguishedName(commonName: string, organizationalUnit: string | undefined) {
  // utf8String, because a plain string that starts with # would be read as hex-encoded DER.
  const unit =
    organizationalUnit === undefined ? [] : [{ OU: [{ utf8String: organizationalUnit }] }];
  return [{ O: [{ utf8String: 'GopherShip' }] }, ...unit, { CN: [{ utf8String: commonName }] }];
}

function alternativeNames(options: IssueOptions): x509.JsonGeneralNames {
  return [
    ...(options.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(options.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(options.uriSans ?? []).map((value) => ({ type: 'url' as const, value })),
  ];
}

async function pemPair(certificate: x509.X509Certificate, key: webcrypto.CryptoKey) {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return {
    certPem: `${certificate.toString('pem')}\n`,
    keyPem: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
  };
}
