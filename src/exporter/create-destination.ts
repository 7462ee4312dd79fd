// From the configuration of one exporter to its destination: the only place that knows all kinds.

import { unreachable } from '../assert.ts';
import type { ExporterConfig } from '../config/config.ts';
import { createDebugDestination } from './debug-exporter.ts';
import type { Destination } from './destination.ts';
import type { DestinationDeps } from './destination-deps.ts';
import { destinationLog } from './destination-log.ts';
import { createFileDestination } from './file-exporter.ts';
import { OtlpDestination } from './otlp-destination.ts';
import { OtlpGrpcExporter } from './otlp-grpc-exporter.ts';
import { OtlpHttpExporter } from './otlp-http-exporter.ts';

export function createDestination(config: ExporterConfig, given: DestinationDeps): Destination {
  const deps = { ...given, log: destinationLog(given.log, config.id) };
  switch (config.kind) {
    case 'otlp_grpc':
      return new OtlpDestination(config, deps, new OtlpGrpcExporter(config, deps));
    case 'otlp_http':
      return new OtlpDestination(config, deps, new OtlpHttpExporter(config, deps));
    case 'file':
      return createFileDestination(config, deps);
    case 'debug':
      return createDebugDestination(config, deps);
    default:
      return unreachable(config, 'kind of exporter');
  }
}
