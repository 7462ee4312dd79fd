// `gs-ctl certs inspect`: what is in PEM files and whether it fits together: validity, issuer among
// the given certificates, and the key's certificate. Nothing is trusted or verified beyond that.

import type { KeyObject, X509Certificate } from 'node:crypto';
import { systemClock } from '../clock.ts';
import { certificateIdentity } from '../tls/peer-identity.ts';
import {
  parseCertificates,
  parsePrivateKey,
  readPem,
  validityProblem,
} from '../tls/pem-material.ts';
import { printable } from '../tls/printable.ts';
import { CtlExit } from './exit-code.ts';
import { columns, show, type Terminal } from './terminal.ts';

export async function certsInspect(
  files: readonly string[],
  terminal: Terminal,
  wallMs = systemClock.wallMs(),
): Promise<CtlExit> {
  const certificates: { file: string; certificate: X509Certificate }[] = [];
  const keys: { file: string; key: KeyObject }[] = [];
  for (const file of files) {
    const text = await readPem({ file });
    const name = printable(file);
    const isKey = text.includes('PRIVATE KEY-----');
    if (isKey) keys.push({ file: name, key: parsePrivateKey(text, name) });
    if (isKey && !text.includes('BEGIN CERTIFICATE')) continue;
    for (const certificate of parseCertificates(text, name)) {
      certificates.push({ file: name, certificate });
    }
  }
  const all = certificates.map(({ certificate }) => certificate);
  const reports = certificates.map(({ file, certificate }) =>
    certificateReport(file, certificate, all, keys, wallMs),
  );
  const keyReports = keys.map(({ file, key }) => {
    const matches = all.some((certificate) => certificate.checkPrivateKey(key));
    return { file, status: matches ? 'ok' : 'matches no given certificate' };
  });
  const good = [...reports, ...keyReports].every(({ status }) => status === 'ok');
  const value = { kind: 'CertificateReport', certificates: reports, keys: keyReports };
  await show(terminal, value, () => table(reports, keyReports));
  return good ? CtlExit.Done : CtlExit.No;
}

type CertificateReport = ReturnType<typeof certificateReport>;
interface KeyReport {
  readonly file: string;
  readonly status: string;
}

function certificateReport(
  file: string,
  certificate: X509Certificate,
  all: readonly X509Certificate[],
  keys: readonly { readonly key: KeyObject }[],
  wallMs: number,
) {
  const { subject, organizationalUnits } = certificateIdentity(certificate);
  const issuer = printable(certificate.issuer.split('\n').join(', '));
  const fault = validityProblem(certificate, wallMs) ?? issuerProblem(certificate, all);
  return {
    file,
    subject,
    issuer: certificate.issuer === certificate.subject ? 'itself' : issuer,
    names: printable(certificate.subjectAltName ?? ''),
    usage: usage(certificate),
    role: printable(organizationalUnits.map((unit) => unit.replace(/^gophership-/, '')).join(',')),
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    daysLeft: Math.floor((certificate.validToDate.getTime() - wallMs) / dayMs),
    hasKey: keys.some(({ key }) => certificate.checkPrivateKey(key)),
    serialNumber: certificate.serialNumber,
    fingerprint256: certificate.fingerprint256,
    status: fault ?? 'ok',
  };
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Only when the issuer is among the given certificates: the same name with another key is a renewed
 * authority.
 */
function issuerProblem(
  certificate: X509Certificate,
  all: readonly X509Certificate[],
): string | undefined {
  const named = all.filter((candidate) => candidate.subject === certificate.issuer);
  if (named.length === 0) return undefined;
  const signed = named.some(
    (issuer) => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey),
  );
  return signed ? undefined : 'not signed by the issuer given';
}

/** Extended key usages as Node lists them: object identifiers (RFC 5280 section 4.2.1.12). */
const usageNames: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'server',
  '1.3.6.1.5.5.7.3.2': 'client',
};

function usage(certificate: X509Certificate): string {
  if (certificate.ca) return 'authority';
  const usages = certificate.keyUsage ?? [];
  return usages.map((identifier) => usageNames[identifier] ?? identifier).join(',') || 'any';
}

function table(reports: readonly CertificateReport[], keys: readonly KeyReport[]): string {
  const headings = [
    'FILE',
    'SUBJECT',
    'ISSUER',
    'NAMES',
    'USAGE',
    'NOT AFTER',
    'DAYS',
    'KEY',
    'STATUS',
  ];
  const rows = reports.map((report) => [
    report.file,
    report.subject,
    report.issuer,
    report.names,
    report.usage,
    report.notAfter.slice(0, 16),
    String(report.daysLeft),
    report.hasKey ? 'yes' : '-',
    report.status,
  ]);
  const keyRows = keys.map(({ file, status }) => [file, '(key)', '', '', '', '', '', '', status]);
  return columns(headings, [...rows, ...keyRows]);
}
