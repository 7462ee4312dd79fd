// A producer over OTLP/HTTP as a newcomer writes it: the SDK's defaults, everything else from OTEL_
// variables. Put together as @opentelemetry/exporter-logs-otlp-proto does it.

import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import {
  convertLegacyHttpOptions,
  createOtlpHttpExportDelegate,
} from '@opentelemetry/otlp-exporter-base/node-http';
import { LogsExporterMetricsHelper, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type ReadableLogRecord,
} from '@opentelemetry/sdk-logs';

const headers = { 'Content-Type': 'application/x-protobuf' };
const exporter = new OTLPExporterBase<ReadableLogRecord[]>(
  createOtlpHttpExportDelegate(
    convertLegacyHttpOptions({}, 'LOGS', 'v1/logs', headers),
    ProtobufLogsSerializer,
    'otlp_http_log_exporter',
    LogsExporterMetricsHelper,
    undefined,
  ),
);
const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
provider.getLogger('newcomer').emit({ body: 'hello from the SDK over HTTP' });
await provider.forceFlush();
await provider.shutdown();
