// The built-in configuration, for a start with nothing but OTEL_EXPORTER_OTLP_* variables.

import type { Environment } from './environment.ts';
import { otlpVariable } from './otel-variables.ts';

/** Undefined without an endpoint to send to: then there is no sensible default. */
export function defaultSourceText(environment: Environment): string | undefined {
  if (otlpVariable(environment, 'ENDPOINT') === undefined) return undefined;
  const protocol = otlpVariable(environment, 'PROTOCOL')?.text;
  // The default of the OpenTelemetry specification is http/protobuf.
  const exporter = protocol === 'grpc' ? 'otlp_grpc' : 'otlp_http';
  return `receivers:
  otlp:
    protocols:
      grpc:
        tls: &tls
          client_ca_file: /etc/gophership/tls/ca.pem
          cert_file: /etc/gophership/tls/server.pem
          key_file: /etc/gophership/tls/server.key
      http:
        tls: *tls
processors:
  resourcedetection: {}
exporters:
  ${exporter}: {}
service:
  pipelines:
    logs:
      receivers: [otlp]
      processors: [resourcedetection]
      exporters: [${exporter}]
`;
}
