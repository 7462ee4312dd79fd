// The OpenTelemetry Collector as sender, downstream and rival: built from the Go module proxy with
// its own builder, started in a temporary directory with its ports chosen by the kernel.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type RunningProcess, startProcess } from '../running-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { cachedPeer, runBuildStep } from './peer-cache.ts';

export const collectorVersion = '0.165.0';

/** The parts of a Collector configuration that we write; `service` is made from them. */
export interface CollectorConfig {
  readonly receivers: Readonly<Record<string, object>>;
  readonly processors?: Readonly<Record<string, object>>;
  readonly exporters: Readonly<Record<string, object>>;
  readonly extensions?: Readonly<Record<string, object>>;
}

export interface Collector extends RunningProcess {
  readonly grpcPort: number;
  /** 0 when the configuration has no HTTP receiver. */
  readonly httpPort: number;
}

/** Resolves when the Collector says that it is ready. Every part of `config` is in the pipeline. */
export async function startCollector(name: string, config: CollectorConfig): Promise<Collector> {
  const directory = temporaryDirectory('collector');
  const configPath = join(directory.path, 'collector.yaml');
  writeFileSync(configPath, stringify(withService(config)));
  const running = startProcess({
    name: `collector ${name}`,
    command: await collectorPath(),
    args: ['--config', configPath],
    directory: directory.path,
  });
  void running.exited.finally(() => directory.remove());
  try {
    await running.waitForLine((line) => line.includes('Everything is ready'), 'that it is ready');
    return {
      ...running,
      grpcPort: portFrom(running.lines, 'Starting GRPC server'),
      httpPort: portFrom(running.lines, 'Starting HTTP server'),
    };
  } catch (error) {
    await running.kill();
    throw error;
  }
}

/** An `otlp` receiver with the given protocols on loopback, any port. */
export function collectorReceiver(protocols: readonly ('grpc' | 'http')[], tls: object) {
  const protocol = { endpoint: '127.0.0.1:0', tls };
  return { otlp: { protocols: Object.fromEntries(protocols.map((name) => [name, protocol])) } };
}

/** Path of the Collector, built if the cache lacks it. */
export function collectorPath(): Promise<string> {
  const parts = stringify(distribution);
  const hash = createHash('sha256').update(parts).digest('hex').slice(0, 8);
  return cachedPeer(`otelcol-${collectorVersion}-${hash}`, async (directory) => {
    const builderPath = join(directory, 'builder.yaml');
    const outputPath = join(directory, 'otelcol');
    const dist = { name: 'otelcol', output_path: outputPath, version: collectorVersion };
    writeFileSync(builderPath, stringify({ dist, ...distribution }));
    await runBuildStep(
      'go',
      [
        'run',
        `go.opentelemetry.io/collector/cmd/builder@v${collectorVersion}`,
        `--config=${builderPath}`,
      ],
      { cwd: directory, env: { CGO_ENABLED: '0' } },
    );
    return join(outputPath, 'otelcol');
  });
}

const core = (path: string) => ({ gomod: `go.opentelemetry.io/collector/${path} v0.165.0` });
const contrib = (path: string) => ({
  gomod: `github.com/open-telemetry/opentelemetry-collector-contrib/${path} v0.165.0`,
});

const distribution = {
  receivers: [core('receiver/otlpreceiver')],
  processors: [
    core('processor/batchprocessor'),
    core('processor/memorylimiterprocessor'),
    contrib('processor/resourceprocessor'),
  ],
  exporters: [
    core('exporter/otlpexporter'),
    core('exporter/otlphttpexporter'),
    core('exporter/debugexporter'),
    core('exporter/nopexporter'),
  ],
  extensions: [contrib('extension/storage/filestorage')],
};

function withService(config: CollectorConfig): object {
  const { receivers, processors = {}, exporters, extensions = {} } = config;
  return {
    receivers,
    processors,
    exporters,
    extensions,
    service: {
      extensions: Object.keys(extensions),
      telemetry: {
        metrics: { level: 'none' },
        // Tests read these lines, so none may be left out.
        logs: { encoding: 'json', sampling: { enabled: false } },
      },
      pipelines: {
        logs: {
          receivers: Object.keys(receivers),
          processors: Object.keys(processors),
          exporters: Object.keys(exporters),
        },
      },
    },
  };
}

function portFrom(lines: readonly string[], message: string): number {
  const line = lines.find((candidate) => candidate.includes(`"${message}"`));
  return Number(/"endpoint":"[^"]*:(\d+)"/.exec(line ?? '')?.[1] ?? 0);
}
