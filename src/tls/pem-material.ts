// Reads certificates, keys and CA bundles and proves that they belong together before anybody uses
// them: a half-written file or a key of another certificate is an error here, never in a handshake.
// Every error is TLS_MATERIAL and names the file and the reason.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { GopherShipError } from '../errors.ts';
import { MiB } from '../limits.ts';
import { printable } from './printable.ts';

/** Where PEM text comes from; the same shape as in the configuration. */
export type PemSource = { readonly file: string } | { readonly pem: string };

/**
 * What to read. A listener has all three; a client may have none (bundled roots, no certificate).
 */
export interface PemSources {
  readonly ca: PemSource | undefined;
  readonly cert: PemSource | undefined;
  readonly key: PemSource | undefined;
}

/** Text as read, not yet checked. */
export interface PemText {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/**
 * Checked: every certificate parses, the key belongs to the first certificate, OpenSSL accepts
 * both.
 */
export interface PemMaterial extends PemText {
  /** Not fatal: expired, not valid yet, a bundle entry that is no authority. */
  readonly warnings: readonly string[];
  /** Earliest end of validity among certificate and bundle; undefined when nothing was read. */
  readonly expiresWallMs: number | undefined;
}

/** Reads and checks in one step, for the start. `wallMs` is only compared with validity dates. */
export async function loadMaterial(sources: PemSources, wallMs: number): Promise<PemMaterial> {
  return checkMaterial(sources, await readMaterial(sources), wallMs);
}

export async function readMaterial(sources: PemSources): Promise<PemText> {
  const [ca, cert, key] = await Promise.all(
    [sources.ca, sources.cert, sources.key].map((source) =>
      source === undefined ? undefined : readPem(source),
    ),
  );
  return { ca, cert, key };
}

export function checkMaterial(sources: PemSources, text: PemText, wallMs: number): PemMaterial {
  const warnings: string[] = [];
  const certificates: X509Certificate[] = [];
  if (text.ca !== undefined) {
    const bundle = parseCertificates(text.ca, nameOf(sources.ca));
    for (const authority of bundle) {
      if (authority.ca) continue;
      warnings.push(`${nameOf(sources.ca)}: ${describe(authority)} is not an authority`);
    }
    // One expired root in a bundle of many is ordinary; it counts when it is all there is.
    if (bundle.every((authority) => validityProblem(authority, wallMs) !== undefined)) {
      warnings.push(...expiry(bundle[0]!, nameOf(sources.ca), wallMs));
    }
    if (bundle.length === 1) certificates.push(bundle[0]!);
  }
  if (text.cert !== undefined) {
    const chain = parseCertificates(text.cert, nameOf(sources.cert));
    for (const certificate of chain) {
      warnings.push(...expiry(certificate, nameOf(sources.cert), wallMs));
    }
    certificates.push(...chain);
    checkKey(chain[0]!, sources, text.key);
  } else if (text.key !== undefined) {
    throw broken(nameOf(sources.key), 'a key without a certificate');
  }
  checkAccepted(sources, text);
  const ends = certificates.map((certificate) => certificate.validToDate.getTime());
  return { ...text, warnings, expiresWallMs: ends.length === 0 ? undefined : Math.min(...ends) };
}

/**
 * True for an error of this file whose reason is a missing permission: the process exits with 77.
 */
export function isNotReadable(error: unknown): boolean {
  if (!(error instanceof GopherShipError) || error.code !== 'TLS_MATERIAL') return false;
  const code = systemCode(error.cause);
  return code === 'EACCES' || code === 'EPERM';
}

/**
 * All certificates of a PEM text, in order; at least one. `name` is what messages call the text.
 */
export function parseCertificates(text: string, name: string): X509Certificate[] {
  const blocks = text.match(certificateBlock) ?? [];
  // What is left beside whole blocks is comment; dashes there are a block that has begun or lost
  // its end.
  if (/-----|-$/.test(text.replaceAll(anyBlock, ''))) {
    throw broken(name, 'ends inside a PEM block (half written?)');
  }
  if (blocks.length === 0) throw broken(name, 'there is no certificate in it');
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw broken(name, `block ${index + 1} is not a certificate`, cause);
    }
  });
}

/** The validity of a certificate at `wallMs`: undefined when it is fine. */
export function validityProblem(certificate: X509Certificate, wallMs: number): string | undefined {
  if (wallMs > certificate.validToDate.getTime()) {
    return `expired on ${certificate.validToDate.toISOString()}`;
  }
  if (wallMs < certificate.validFromDate.getTime()) {
    return `is not valid before ${certificate.validFromDate.toISOString()}`;
  }
  return undefined;
}

export function parsePrivateKey(text: string, name: string): KeyObject {
  if (text.includes('ENCRYPTED')) {
    throw broken(name, 'the key is encrypted; store it unencrypted with mode 0600');
  }
  try {
    return createPrivateKey(text);
  } catch (cause) {
    throw broken(name, 'is not a private key, or only half of one', cause);
  }
}

/** Bound of one PEM file; a distribution's whole root bundle has about 0.25 MiB. */
const pemSizeBytesMax = 4 * MiB;

const anyBlock = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;
const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Reads one source. A file that is missing, not readable, not a file or too large is an error that
 * says so.
 */
export async function readPem(source: PemSource): Promise<string> {
  if ('pem' in source) return source.pem;
  const name = printable(source.file);
  try {
    const { size } = await statFile(source.file);
    if (size > pemSizeBytesMax) {
      throw broken(name, `${size} bytes, more than the ${pemSizeBytesMax} that are read`);
    }
    return await readFile(source.file, 'utf8');
  } catch (cause) {
    if (cause instanceof GopherShipError) throw cause;
    throw broken(name, reasons[systemCode(cause) ?? ''] ?? String(cause), cause);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'not readable by this user',
  EPERM: 'not readable by this user',
  ELOOP: 'a symbolic link that leads to itself',
  ENOTDIR: 'part of the path is not a directory',
};

async function statFile(path: string): Promise<{ readonly size: number }> {
  const found = await stat(path);
  // A device or a pipe would be read without end.
  if (!found.isFile()) throw broken(printable(path), 'not a regular file');
  return found;
}

function checkKey(leaf: X509Certificate, sources: PemSources, keyText: string | undefined): void {
  if (keyText === undefined) throw broken(nameOf(sources.cert), 'a certificate without a key');
  if (!leaf.checkPrivateKey(parsePrivateKey(keyText, nameOf(sources.key)))) {
    throw broken(nameOf(sources.key), `does not match the certificate in ${nameOf(sources.cert)}`);
  }
}

/**
 * OpenSSL has rules of its own (key length, digest); what it refuses must not be first seen at a
 * reload.
 */
function checkAccepted(sources: PemSources, text: PemText): void {
  try {
    createSecureContext({ ca: text.ca, cert: text.cert, key: text.key });
  } catch (cause) {
    const name = nameOf(text.cert === undefined ? sources.ca : sources.cert);
    throw broken(name, `refused by OpenSSL (${String(cause)})`, cause);
  }
}

function expiry(certificate: X509Certificate, name: string, wallMs: number): string[] {
  const problem = validityProblem(certificate, wallMs);
  return problem === undefined ? [] : [`${name}: ${describe(certificate)} ${problem}`];
}

export function describe(certificate: X509Certificate): string {
  return printable(certificate.subject.split('\n').join(', '));
}

/** What messages call a source. */
export function nameOf(source: PemSource | undefined): string {
  if (source === undefined) return '(none)';
  return 'file' in source ? printable(source.file) : '(PEM text in the configuration)';
}

function broken(name: string, why: string, cause?: unknown): GopherShipError {
  return new GopherShipError('TLS_MATERIAL', `${name}: ${why}`, { cause });
}

function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
