// The OpenTelemetry SDK for Python as a producer: installed from PyPI into a virtual environment of
// its own, running python-producer.py.

import { join } from 'node:path';
import type { CertificateFiles } from '../certificates.ts';
import { startProcess } from '../running-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { cachedPeer, runBuildStep } from './peer-cache.ts';

const sdkVersion = '1.45.2';

export interface PythonProducerOptions {
  readonly port: number;
  readonly files: CertificateFiles;
  readonly compression: 'none' | 'gzip';
  readonly logCount: number;
  readonly runId: string;
}

/** Emits records numbered in the attribute `record.number`; rejects unless the SDK flushed all. */
export async function runPythonProducer(options: PythonProducerOptions): Promise<void> {
  const { files } = options;
  const directory = temporaryDirectory('python-producer');
  const scriptPath = new URL('./python-producer.py', import.meta.url).pathname;
  const running = startProcess({
    name: 'python producer',
    command: join(await environmentPath(), 'bin', 'python'),
    args: [scriptPath, String(options.logCount), options.runId],
    directory: directory.path,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${options.port}`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: files.ca,
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: files.clientCert,
      OTEL_EXPORTER_OTLP_CLIENT_KEY: files.clientKey,
      // This SDK knows no value that means "none", only the absence of one.
      ...(options.compression === 'none' ? {} : { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }),
    },
  });
  const code = await running.exited;
  directory.remove();
  // The SDK reports a failed export on stderr only, and ends well all the same.
  if (code !== 0 || running.lines.some((line) => /failed|error/i.test(line))) {
    throw new Error(`python producer ended with ${code}:\n${running.lines.join('\n')}`);
  }
}

// A virtual environment holds its own absolute path, so it cannot be moved into the cache. It is
// made in place, and a marker file that is made last says that it is whole.
export async function environmentPath(): Promise<string> {
  const name = `python-otlp-${sdkVersion}`;
  const marker = await cachedPeer(`${name}.complete`, async (directory) => {
    const path = join(directory, '..', name);
    await runBuildStep('python3', ['-m', 'venv', '--clear', path], { cwd: directory });
    const packages = ['opentelemetry-sdk', 'opentelemetry-exporter-otlp-proto-grpc'];
    await runBuildStep(
      join(path, 'bin', 'pip'),
      ['install', '--quiet', ...packages.map((each) => `${each}==${sdkVersion}`)],
      { cwd: directory },
    );
    const markerPath = join(directory, 'complete');
    await runBuildStep('touch', [markerPath], { cwd: directory });
    return markerPath;
  });
  return marker.replace(/\.complete$/, '');
}
