// Configurations with the receivers that a test asks for, on ports that the kernel chooses.

import { engineConfig, listenerTls } from '../interop/interop-pipeline.ts';
import type { CertificateFiles } from '../support/certificates.ts';

/** By protocol, the files of its TLS. */
export interface ReceiverFiles {
  readonly grpc?: CertificateFiles;
  readonly http?: CertificateFiles;
}

export function receiversConfig(
  files: ReceiverFiles,
  exporters: Readonly<Record<string, object>>,
): object {
  const protocols = Object.fromEntries(
    Object.entries(files).map(([protocol, tls]: [string, CertificateFiles]) => [
      protocol,
      { endpoint: '127.0.0.1:0', tls: listenerTls(tls) },
    ]),
  );
  const some = files.grpc ?? files.http;
  if (some === undefined) throw new Error('no receiver');
  return { ...engineConfig(some, exporters), receivers: { otlp: { protocols } } };
}
