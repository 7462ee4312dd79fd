// Emits numbered log records through the OpenTelemetry SDK's batch processor and an OTLP exporter,
// told of endpoint, certificates and compression by OTEL_EXPORTER_OTLP_* variables.
// Arguments: protocol, how many records, the resource attribute run.id, and over how many exporters
// the records are divided, each with a connection of its own, one after the other.
// Exit code 1: not all were exported.

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.resources.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

final class Producer {
  private static final AttributeKey<Long> NUMBER = AttributeKey.longKey("record.number");

  public static void main(String[] arguments) throws IOException {
    String protocol = arguments[0];
    int count = Integer.parseInt(arguments[1]);
    String run = arguments[2];
    int exporters = Integer.parseInt(arguments[3]);
    for (int index = 0; index < exporters; index++) {
      emit(protocol, run, index * count / exporters, (index + 1) * count / exporters);
    }
  }

  private static void emit(String protocol, String run, int from, int to) throws IOException {
    // A queue that holds all of them: the default of 2048 drops what a fast loop adds beyond it.
    var processor =
        BatchLogRecordProcessor.builder(newExporter(protocol))
            .setMaxQueueSize(Math.max(2048, to - from))
            .build();
    var resource = Resource.create(Attributes.builder().put("run.id", run).build());
    var provider =
        SdkLoggerProvider.builder().setResource(resource).addLogRecordProcessor(processor).build();
    Logger logger = provider.get("producer");
    for (int line = from; line < to; line++) {
      logger
          .logRecordBuilder()
          .setSeverity(Severity.INFO)
          .setBody("line " + line + " of the Java producer")
          .setAttribute(NUMBER, (long) line)
          .emit();
    }
    // Exports what is queued, then closes the connection.
    if (!provider.shutdown().join(30, TimeUnit.SECONDS).isSuccess()) {
      System.exit(1);
    }
  }

  private static LogRecordExporter newExporter(String protocol) throws IOException {
    String endpoint = System.getenv("OTEL_EXPORTER_OTLP_ENDPOINT");
    String compression = System.getenv().getOrDefault("OTEL_EXPORTER_OTLP_COMPRESSION", "none");
    byte[] authority = read("OTEL_EXPORTER_OTLP_CERTIFICATE");
    byte[] certificate = read("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE");
    byte[] key = read("OTEL_EXPORTER_OTLP_CLIENT_KEY");
    if (protocol.equals("grpc")) {
      return OtlpGrpcLogRecordExporter.builder()
          .setEndpoint(endpoint)
          .setCompression(compression)
          .setTrustedCertificates(authority)
          .setClientTls(key, certificate)
          .build();
    }
    return OtlpHttpLogRecordExporter.builder()
        .setEndpoint(endpoint + "/v1/logs")
        .setCompression(compression)
        .setTrustedCertificates(authority)
        .setClientTls(key, certificate)
        .build();
  }

  private static byte[] read(String variable) throws IOException {
    return Files.readAllBytes(Path.of(System.getenv(variable)));
  }
}
