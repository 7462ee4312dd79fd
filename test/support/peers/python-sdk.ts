// The OpenTelemetry SDK for Python as a producer: installed from PyPI into a virtual environment of
// its own, running python-producer.py.

import { exporterVariables, type ProducerOptions, producerArguments } from './producer.ts';
import { pythonWith } from './python-environment.ts';
import { runToEnd } from './run-to-end.ts';

const sdkVersion = '1.45.2';
const packages = [
  `opentelemetry-sdk==${sdkVersion}`,
  `opentelemetry-exporter-otlp-proto-grpc==${sdkVersion}`,
  `opentelemetry-exporter-otlp-proto-http==${sdkVersion}`,
];

export interface PythonProducerOptions extends ProducerOptions {
  /** Pings, and waits so long between two exports. */
  readonly idleSeconds?: number;
}

export async function runPythonProducer(options: PythonProducerOptions): Promise<void> {
  const { idleSeconds } = options;
  await runToEnd({
    name: 'Python producer',
    command: await pythonWith(`python-otlp-grpc-http-${sdkVersion}`, packages),
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
