// A producer as a newcomer writes it: the SDK's defaults, everything else from OTEL_ variables.

import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';

const provider = new LoggerProvider({
  processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
});
provider.getLogger('newcomer').emit({ body: 'hello from the SDK' });
await provider.forceFlush();
await provider.shutdown();
