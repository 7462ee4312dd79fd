# Emits numbered log records through the OpenTelemetry SDK's batch processor and OTLP/gRPC exporter,
# which take endpoint, certificates and compression from OTEL_EXPORTER_OTLP_* variables.
# Arguments: how many records, and the resource attribute run.id. Exit code 1: not all were flushed.

import logging
import sys

from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

count, run_id = int(sys.argv[1]), sys.argv[2]
provider = LoggerProvider(resource=Resource.create({"service.name": "python", "run.id": run_id}))
# A queue that holds all of them: the default of 2048 drops what a fast loop adds beyond it.
provider.add_log_record_processor(
    BatchLogRecordProcessor(OTLPLogExporter(), max_queue_size=max(2048, 2 * count))
)
logger = logging.getLogger("producer")
logger.setLevel(logging.INFO)
logger.addHandler(LoggingHandler(logger_provider=provider))
for number in range(count):
    logger.info("line %d of the Python producer", number, extra={"record.number": number})
flushed = provider.force_flush(30_000)
provider.shutdown()
sys.exit(0 if flushed else 1)
