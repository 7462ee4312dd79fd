// The commented configuration that `gophership dev` leaves for its user to read and change.

export interface DefaultConfigPaths {
  /** PEM files: the CA of the producers, our certificate and its key. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** `.../out/logs.jsonl`. */
  readonly output: string;
  /** A folder. */
  readonly vault: string;
}

/**
 * Valid as it is, and with any of its examples uncommented. An example is a run of lines that
 * begin with "#:", which uncommented stand at the right depth.
 */
export function defaultConfigYaml(paths: DefaultConfigPaths): string {
  const quoted = (path: string) => JSON.stringify(path.replaceAll('$', '$$$$'));
  return `# GopherShip's configuration, in the shape of an OpenTelemetry Collector's.
# Check it:        gophership validate --config THIS_FILE
# All keys:        docs/CONFIG.md, or gophership schema (JSON Schema for editors)
# To use one of the examples, remove the "#:" in front of its lines.

receivers:
  otlp:
    protocols:
      grpc:
        # Reached from this host only; 0.0.0.0:4317 listens on all addresses.
        endpoint: 127.0.0.1:4317
        # Producers need a certificate that this CA issued.
        tls: &tls
          client_ca_file: ${quoted(paths.ca)}
          cert_file: ${quoted(paths.cert)}
          key_file: ${quoted(paths.key)}
#:        # Connections end after this, so that producers spread over new instances.
#:        keepalive: { server_parameters: { max_connection_age: 10m } }
      http:
        # HTTP/1.1 and HTTP/2, protobuf and JSON; the same certificates.
        endpoint: 127.0.0.1:4318
        tls: *tls
#:        # A JSON body may be as large as this.
#:        max_json_body_size: 1MiB

processors:
  # Adds OTEL_RESOURCE_ATTRIBUTES and what is known about this host.
  resourcedetection:
    detectors: [env, system]
    override: false
  # Changes resource attributes: insert, update, upsert or delete.
  resource:
    attributes:
      - { key: deployment.environment.name, value: "\${env:ENVIRONMENT:-dev}", action: upsert }
#:      - { key: process.command_args, action: delete }

exporters:
  # OTLP/JSON, one request a line; written to disk before the producer gets its answer.
  file:
    path: ${quoted(paths.output)}
    rotation: { max_megabytes: 10, max_backups: 10 }
#:  # Any OTLP server over gRPC. Name it under service.pipelines.logs.exporters as well.
#:  otlp_grpc/central:
#:    endpoint: collector.example.com:4317
#:    tls: { ca_file: /etc/gophership/tls/ca.pem }
#:    headers: { x-api-key: "\${env:API_KEY:-}" }
#:    compression: gzip

#:  # Any OTLP server over HTTP; /v1/logs is appended.
#:  otlp_http/backend:
#:    endpoint: https://otlp.example.com
#:    compression: zstd
#:    sending_queue: { batch: { max_size: 2MiB } }

#:  # A Collector beside us; plaintext is for loopback addresses only.
#:  otlp_grpc/sidecar:
#:    endpoint: 127.0.0.1:14317
#:    tls: { insecure: true }

#:  # Prints what is received to stderr.
#:  debug:
#:    verbosity: normal

service:
  pipelines:
    logs:
      receivers: [otlp]
      processors: [resourcedetection, resource]
      exporters: [file]

# What no exporter can take now is kept here, and exported later. It survives a crash.
vault:
  directory: ${quoted(paths.vault)}
  # Hard, for all of it; two segments are kept ready.
  limit: 1GiB
  segment_size: 16MiB
  dead_letter_limit: 32MiB

# Status, metrics and health, for gs-ctl, Prometheus and probes; the certificates are those of the
# receivers. Whoever shows OU=gophership-viewer may look, OU=gophership-operator may also change.
control:
  endpoint: 127.0.0.1:4319

#:# Everything goes to the vault first, and nothing is parsed: what happens under pressure.
#:zones:
#:  force: red

#:# The process never uses more than this.
#:memory:
#:  limit_mib: 256
#:  shards: 2

#:telemetry:
#:  logs: { level: debug, format: json }
`;
}
