// The OpenTelemetry SDK for Python as a producer: installed from PyPI into a virtual environment of
// its own, running python-producer.py.

import { join } from 'node:path';
import { cachedPeer, runBuildStep } from './peer-cache.ts';
import { exporterVariables, type ProducerOptions, producerArguments } from './producer.ts';
import { runToEnd } from './run-to-end.ts';

const sdkVersion = '1.45.2';
const packages = [
  'opentelemetry-sdk',
  'opentelemetry-exporter-otlp-proto-grpc',
  'opentelemetry-exporter-otlp-proto-http',
];

export interface PythonProducerOptions extends ProducerOptions {
  /** Pings, and waits so long between two exports. */
  readonly idleSeconds?: number;
}

export async function runPythonProducer(options: PythonProducerOptions): Promise<void> {
  const { idleSeconds } = options;
  await runToEnd({
    name: 'Python producer',
    command: join(await environmentPath(), 'bin', 'python'),
    args: [
      new URL('./python-producer.py', import.meta.url).pathname,
      ...producerArguments(options),
    ],
    env: {
      ...exporterVariables(options),
      // Of the machine, for its own purposes; with one, requests ignores the exporter's authority.
      REQUESTS_CA_BUNDLE: '',
      CURL_CA_BUNDLE: '',
      ...(idleSeconds === undefined ? {} : { PRODUCER_IDLE_SECONDS: String(idleSeconds) }),
    },
    // The SDK reports a failed export on stderr only, and ends well all the same.
    isFailure: (line) => /failed|error/i.test(line),
  });
}

// A virtual environment holds its own absolute path, so it cannot be moved into the cache. It is
// made in place, and a marker file that is made last says that it is whole.
async function environmentPath(): Promise<string> {
  const name = `python-otlp-grpc-http-${sdkVersion}`;
  const marker = await cachedPeer(`${name}.complete`, async (directory) => {
    const path = join(directory, '..', name);
    await runBuildStep('python3', ['-m', 'venv', '--clear', path], { cwd: directory });
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
