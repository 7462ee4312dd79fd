// Emits numbered log records through the OpenTelemetry SDK's batch processor and an OTLP exporter,
// which take endpoint, certificates and compression from OTEL_EXPORTER_OTLP_* variables.
// Arguments: protocol, how many records, the resource attribute run.id, and over how many exporters
// the records are divided, each with a connection of its own, one after the other.
// Exit code 1: not all were exported.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

func main() {
	if len(os.Args) != 5 {
		fail(fmt.Errorf("usage: %s PROTOCOL RECORDS RUN EXPORTERS", os.Args[0]))
	}
	protocol, run := os.Args[1], os.Args[3]
	count, exporters := number(os.Args[2]), number(os.Args[4])
	// What the batch processor could not export comes here and nowhere else.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(fail))
	for index := range exporters {
		emit(protocol, run, index*count/exporters, (index+1)*count/exporters)
	}
}

func emit(protocol, run string, from, to int) {
	ctx := context.Background()
	exporter, err := newExporter(ctx, protocol)
	if err != nil {
		fail(err)
	}
	attributes := resource.NewSchemaless(
		attribute.String("service.name", "go"), attribute.String("run.id", run))
	// A queue that holds all of them: the default of 2048 drops what a fast loop adds beyond it.
	processor := sdklog.NewBatchProcessor(exporter, sdklog.WithMaxQueueSize(max(2048, to-from)))
	provider := sdklog.NewLoggerProvider(
		sdklog.WithResource(attributes), sdklog.WithProcessor(processor))
	logger := provider.Logger("producer")
	for line := from; line < to; line++ {
		var record log.Record
		record.SetSeverity(log.SeverityInfo)
		record.SetBody(attribute.StringValue(fmt.Sprintf("line %d of the Go producer", line)))
		record.AddAttributes(attribute.Int("record.number", line))
		logger.Emit(ctx, record)
	}
	// Exports what is queued, then closes the connection.
	if err := provider.Shutdown(ctx); err != nil {
		fail(err)
	}
}

func newExporter(ctx context.Context, protocol string) (sdklog.Exporter, error) {
	if protocol == "grpc" {
		return otlploggrpc.New(ctx)
	}
	return otlploghttp.New(ctx)
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		fail(err)
	}
	return value
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
