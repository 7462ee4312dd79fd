// A whole production configuration: every section, in the form that the documentation shows.

export const exampleConfig = `# yaml-language-server: $schema=./gophership.schema.json
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 0.0.0.0:4317
        max_recv_msg_size_mib: 16
        keepalive: { server_parameters: { max_connection_age: 1h } }
        tls: &tls
          client_ca_file: /etc/gophership/tls/ca.pem
          cert_file: /etc/gophership/tls/server.pem
          key_file: /etc/gophership/tls/server.key
      http: { endpoint: 0.0.0.0:4318, max_request_body_size: 16MiB, tls: *tls }
processors:
  resourcedetection: { detectors: [env, system, container], override: false }
  resource:
    attributes:
      - { key: deployment.environment.name, value: "\${env:ENVIRONMENT:-dev}", action: upsert }
exporters:
  otlp_grpc/central:
    endpoint: collector.example.com:4317
    tls:
      ca_file: /etc/gophership/tls/ca.pem
      cert_file: /etc/gophership/tls/client.pem
      key_file: /etc/gophership/tls/client.key
    headers: { x-tenant: "\${file:/etc/gophership/tenant}" }
    compression: gzip
    retry_on_failure: { initial_interval: 5s, max_interval: 30s }
    sending_queue:
      num_consumers: 10
      batch: { flush_timeout: 200ms, sizer: bytes, max_size: 4000000 }
service:
  pipelines:
    logs:
      receivers: [otlp]
      processors: [resourcedetection, resource]
      exporters: [otlp_grpc/central]
memory: { limit_mib: 256, shards: 2, stall_timeout: 10s, admission_timeout: 3s }
zones:
  observe_only: false
  signals:
    memory_percent: { yellow: 75, red: 90 }
    psi_memory_some_percent: { yellow: 10, red: 40 }
    loop_delay_p99: { yellow: 50ms, red: 250ms }
vault: { directory: /var/lib/gophership/vault, limit: 8GiB, ack_deadline: 250ms }
replay: { rate: 50MiB/s, yellow_rate: 1MiB/s, order: oldest }
control:
  endpoint: localhost:4319
  tls: *tls
  drain_timeout: 20s
  roles:
    operator: ["OU=gophership-operator"]
    viewer: ["OU=gophership-viewer", "URI=spiffe://example.com/prometheus"]
telemetry: { logs: { level: info, format: json }, metrics: { compat: otelcol } }
`;
