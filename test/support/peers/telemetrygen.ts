// telemetrygen, the OpenTelemetry project's own test producer: built from the Go module proxy, run
// to its end.

import { join } from 'node:path';
import type { CertificateFiles } from '../certificates.ts';
import { startProcess } from '../running-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { cachedPeer, runBuildStep } from './peer-cache.ts';

// The last version whose modules can all be had from the module proxy.
const telemetrygenVersion = '0.161.0';

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
  const directory = temporaryDirectory('telemetrygen');
  const running = startProcess({
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
    directory: directory.path,
  });
  const code = await running.exited;
  directory.remove();
  if (code !== 0) {
    throw new Error(`telemetrygen ended with ${code}:\n${running.lines.slice(-10).join('\n')}`);
  }
}

export function telemetrygenPath(): Promise<string> {
  return cachedPeer(`telemetrygen-${telemetrygenVersion}`, async (directory) => {
    const module = 'github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen';
    await runBuildStep('go', ['install', `${module}@v${telemetrygenVersion}`], {
      cwd: directory,
      env: { GOBIN: directory, CGO_ENABLED: '0' },
    });
    return join(directory, 'telemetrygen');
  });
}
