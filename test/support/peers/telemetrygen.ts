// telemetrygen, the OpenTelemetry project's own test producer: built from its Go module, run to its
// end.

import type { CertificateFiles } from '../certificates.ts';
import { modulesGoProgram } from './go-program.ts';
import { runToEnd } from './run-to-end.ts';

export interface TelemetrygenOptions {
  readonly port: number;
  readonly protocol: 'grpc' | 'http';
  readonly files: CertificateFiles;
  readonly logCount: number;
  readonly batchSize: number;
  /** Becomes the resource attribute `run.id`. */
  readonly runId: string;
}

/**
 * Sends `logCount` records from one worker and rejects unless every export succeeded. The records
 * are alike but for their time stamps, which one worker reads anew for each, so these tell them
 * apart.
 */
export async function runTelemetrygen(options: TelemetrygenOptions): Promise<void> {
  const { files } = options;
  await runToEnd({
    name: 'telemetrygen',
    command: await telemetrygenPath(),
    args: [
      'logs',
      ...['--otlp-endpoint', `127.0.0.1:${options.port}`],
      ...(options.protocol === 'http' ? ['--otlp-http'] : []),
      ...['--mtls', '--ca-cert', files.ca],
      ...['--client-cert', files.clientCert, '--client-key', files.clientKey],
      ...['--logs', String(options.logCount), '--batch-size', String(options.batchSize)],
      ...['--workers', '1', '--rate', '0'],
      ...['--otlp-attributes', `run.id="${options.runId}"`],
    ],
  });
}

function telemetrygenPath(): Promise<string> {
  return modulesGoProgram({
    module: 'github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen',
    // The last version whose modules can all be had from the module proxy.
    version: '0.161.0',
  });
}
