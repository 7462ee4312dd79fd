# Emits numbered log records through the OpenTelemetry SDK's batch processor and an OTLP exporter,
# which take endpoint, certificates and compression from OTEL_EXPORTER_OTLP_* variables.
# Arguments: protocol, how many records, the resource attribute run.id, and over how many exporters
# the records are divided, each with a connection of its own, one after the other.
# Variable PRODUCER_IDLE_SECONDS: one exporter that pings without a call, and is idle for so long
# between the two halves of its records. Exit code 1: not all were flushed.

import logging
import os
import sys
import time

from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

protocol, count, run_id, exporters = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
idle_seconds = float(os.environ.get("PRODUCER_IDLE_SECONDS", "0"))
# gRPC's core pings once a second at most, whatever it is told.
pinging = (
    ("grpc.keepalive_time_ms", 1000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
)


def new_exporter():
    if protocol != "grpc":
        return HttpExporter()
    return GrpcExporter(channel_options=pinging if idle_seconds > 0 else None)


def emit(first, end):
    resource = Resource.create({"service.name": "python", "run.id": run_id})
    provider = LoggerProvider(resource=resource)
    # A queue that holds all of them: the default of 2048 drops what a fast loop adds beyond it.
    queue_size = max(2048, 2 * count)
    provider.add_log_record_processor(
        BatchLogRecordProcessor(new_exporter(), max_queue_size=queue_size)
    )
    logger = logging.getLogger("producer")
    logger.setLevel(logging.INFO)
    handler = LoggingHandler(logger_provider=provider)
    logger.addHandler(handler)
    flushed = True
    for number in range(first, end):
        if idle_seconds > 0 and number == (first + end) // 2:
            flushed = provider.force_flush(30_000)
            time.sleep(idle_seconds)
        logger.info("line %d of the Python producer", number, extra={"record.number": number})
    flushed = provider.force_flush(30_000) and flushed
    logger.removeHandler(handler)
    provider.shutdown()
    return flushed


for index in range(exporters):
    if not emit(index * count // exporters, (index + 1) * count // exporters):
        sys.exit(1)
