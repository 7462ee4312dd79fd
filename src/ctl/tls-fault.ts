// TLS failures in the words of the person who has to mend them: our certificate was refused, or
// theirs is not what we expect. Node and OpenSSL only give codes.

import { ClosedUnspoken } from './engine-session.ts';
import { CtlExit } from './exit-code.ts';

export interface TlsFault {
  readonly code: 'TLS_PEER' | 'UNREACHABLE';
  readonly exitCode: CtlExit;
  readonly why: string;
  readonly hint: string;
}

/** Undefined when the error has nothing to do with certificates. */
export function tlsFault(error: Error): TlsFault | undefined {
  const code = 'code' in error ? String(error.code) : '';
  const alert = /^ERR_SSL_(?:TLSV1_|TLSV13_|SSLV3_|SSL\/TLS_)?ALERT_(.+)$/.exec(code)?.[1];
  if (alert !== undefined && certificateAlerts.has(alert)) {
    return {
      code: 'TLS_PEER',
      exitCode: CtlExit.Denied,
      why: `the server refused our certificate (TLS alert ${alert.toLowerCase().replaceAll('_', ' ')})`,
      hint: certificateHint,
    };
  }
  if (error instanceof ClosedUnspoken) {
    return {
      code: 'TLS_PEER',
      exitCode: CtlExit.Denied,
      why: `${error.message}; most likely it does not accept our certificate`,
      hint: certificateHint,
    };
  }
  if (serverFaults.has(code)) {
    return {
      code: 'UNREACHABLE',
      exitCode: CtlExit.Unreachable,
      why: `the server's certificate is not accepted: ${error.message}`,
      hint: '--ca must be the authority that signed it, and its names must include the host in --address',
    };
  }
  return undefined;
}

const certificateHint =
  '--cert must be valid and signed by the client CA of the server; `gs-ctl certs inspect` shows it';

// RFC 8446 section 6.2, those that speak of a certificate; OpenSSL's spelling.
const certificateAlerts: ReadonlySet<string> = new Set([
  'BAD_CERTIFICATE',
  'UNSUPPORTED_CERTIFICATE',
  'CERTIFICATE_REVOKED',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_UNKNOWN',
  'CERTIFICATE_REQUIRED',
  'UNKNOWN_CA',
  'ACCESS_DENIED',
]);

// Codes of a failed verification that Node reports on the client's side (node:tls, "X509
// certificate error codes").
const serverFaults: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);
