// Every row of the receiver and listener-TLS keys: honoured (nothing is said), no effect, refused.

import { test } from 'node:test';
import { checkSaid, configText, type Parts } from '../../test/support/config-fixtures.ts';

/** "«" marks the place that each line has to name. */
function check(rows: readonly (readonly [Parts, ...string[]])[]): void {
  for (const [parts, ...lines] of rows) checkSaid(configText(parts), lines);
}

const grpcPath = 'receivers.otlp.protocols.grpc';
const httpPath = 'receivers.otlp.protocols.http';
const files = 'client_ca_file: /ca, cert_file: /cert, key_file: /key';

test('schema-receivers.ts says what each gRPC key does', () => {
  const noEffect = (key: string, reason: string): readonly [Parts, string] => [
    { grpc: `«${key}: 1` },
    `${grpcPath}.${key}: no effect: ${reason}`,
  ];
  check([
    [{ grpc: 'endpoint: "0.0.0.0:4317"' }],
    [{ grpc: 'endpoint: "[::]:0"' }],
    [{ grpc: 'max_recv_msg_size_mib: 64, max_concurrent_streams: 1' }],
    [{ grpc: 'keepalive: { server_parameters: { max_connection_age: 10m } }' }],
    [{ grpc: 'keepalive:' }],
    noEffect('read_buffer_size', 'messages are read into the arena'),
    noEffect('write_buffer_size', 'answers are small'),
    noEffect('include_metadata', 'request metadata is not kept'),
    [
      { grpc: 'keepalive: { «enforcement_policy: { min_time: 1s } }' },
      `${grpcPath}.keepalive.enforcement_policy: no effect: pings are answered and never punished`,
    ],
    [{ grpc: 'transport: «tcp' }, `${grpcPath}.transport: no effect: every connection is TCP`],
    [
      { grpc: '«auth: { authenticator: x }' },
      `${grpcPath}.auth: refused: producers are known by their client certificate`,
    ],
    [{ grpc: '«middlewares:' }, `${grpcPath}.middlewares: refused: there are none`],
  ]);
});

test('schema-receivers.ts names bounds and forms of gRPC values', () => {
  const path = grpcPath;
  check([
    [
      { grpc: 'max_recv_msg_size_mib: «65' },
      `${path}.max_recv_msg_size_mib: must be from 1 to 64, is "65"`,
    ],
    [
      { grpc: 'max_recv_msg_size_mib: «0' },
      `${path}.max_recv_msg_size_mib: must be from 1 to 64, is "0"`,
    ],
    [
      { grpc: 'max_recv_msg_size_mib: «1.5' },
      `${path}.max_recv_msg_size_mib: must be a whole number of MiB, is "1.5"`,
    ],
    [
      { grpc: 'max_concurrent_streams: «true' },
      `${path}.max_concurrent_streams: must be a whole number, is "true"`,
    ],
    [
      { grpc: 'endpoint: «localhost' },
      `${path}.endpoint: must be host:port, as localhost:4317 or [::1]:4317, is "localhost"`,
    ],
    [
      { grpc: 'endpoint: «":4317"' },
      `${path}.endpoint: host missing; 0.0.0.0 means all IPv4 addresses, is ":4317"`,
    ],
    [
      { grpc: 'endpoint: «"localhost:65536"' },
      `${path}.endpoint: port must be from 0 to 65535, is "localhost:65536"`,
    ],
    [
      { grpc: 'endpoint: «"1.2.3:1"' },
      `${path}.endpoint: not a host name or address before the port, is "1.2.3:1"`,
    ],
    [
      { grpc: 'endpoint: «"unix:///run/g.sock"' },
      `${path}.endpoint: refused: every connection is TCP, no unix socket, is "unix:///run/g.sock"`,
    ],
    [
      { grpc: 'keepalive: { server_parameters: { «max_conection_age: 1h } }' },
      `${path}.keepalive.server_parameters.max_conection_age: unknown, did you mean ` +
        `"max_connection_age"?`,
    ],
    [
      { grpc: 'keepalive: { server_parameters: { max_connection_age: «0s } }' },
      `${path}.keepalive.server_parameters.max_connection_age: must be from 1s to 720h, is "0s"`,
    ],
  ]);
});

test('schema-receivers.ts says what each HTTP key does', () => {
  const http = (keys: string): Parts => ({ protocols: `http: { tls: { ${files} }, ${keys} }` });
  check([
    [http('')],
    [http('endpoint: "0.0.0.0:4318"')],
    [http('max_request_body_size: 1MiB, logs_url_path: /logs, idle_timeout: 1m')],
    [http('max_json_body_size: 64MiB, max_request_body_size: 64MiB')],
    [http('«write_timeout: 1s'), `${httpPath}.write_timeout: no effect: answers are small`],
    [
      http('«traces_url_path: /v1/traces'),
      `${httpPath}.traces_url_path: no effect: only logs are received`,
    ],
    [
      http('«auth: {}'),
      `${httpPath}.auth: refused: producers are known by their client certificate`,
    ],
    [http('«cors: {}'), `${httpPath}.cors: refused: browsers have no client certificate`],
  ]);
});

test('schema-receivers.ts names bounds and forms of HTTP values', () => {
  const http = (keys: string): Parts => ({ protocols: `http: { tls: { ${files} }, ${keys} }` });
  check([
    [
      http('max_request_body_size: «65MiB'),
      `${httpPath}.max_request_body_size: must be from 1KiB to 64MiB, is "65MiB"`,
    ],
    [
      http('max_json_body_size: «1000'),
      `${httpPath}.max_json_body_size: must be from 1KiB to 64MiB, is "1000"`,
    ],
    [
      http('logs_url_path: «logs'),
      `${httpPath}.logs_url_path: must be a path, as /v1/logs, is "logs"`,
    ],
    [http('idle_timeout: «25h'), `${httpPath}.idle_timeout: must be from 1s to 24h, is "25h"`],
    [
      http('«logs_path: /x'),
      `${httpPath}.logs_path: unknown, allowed: endpoint, tls, max_request_body_size, ` +
        `max_json_body_size, logs_url_path, idle_timeout`,
    ],
  ]);
});

test('schema-receivers.ts wants one of the two protocols', () => {
  const path = 'receivers.otlp.protocols';
  const neither = `${path}: required: grpc or http, else nothing is received`;
  checkSaid(configText({ protocols: '' }).replace('{  }', '«{  }'), [neither]);
  check([
    [{ protocols: `grpc: { tls: { ${files} } }` }],
    [{ protocols: `http: { tls: { ${files} } }` }],
    [{ protocols: `grpc: { tls: { ${files} } }, http: { tls: { ${files} } }` }],
  ]);
});

test('schema-tls.ts keeps listeners at TLS 1.3 with client certificates', () => {
  const path = `${grpcPath}.tls`;
  const only = 'TLS 1.3 is the only version listeners speak';
  const refused = (key: string, reason: string): readonly [Parts, string] => [
    { tls: `«${key}: false, ${files}` },
    `${path}.${key}: refused: ${reason}`,
  ];
  check([
    [{ tls: 'client_ca_pem: A, cert_pem: B, key_pem: C, reload_interval: 1m' }],
    [{ tls: `min_version: «"1.3", ${files}` }, `${path}.min_version: no effect: ${only}`],
    [{ tls: `min_version: «1.2, ${files}` }, `${path}.min_version: refused: ${only}, is "1.2"`],
    [{ tls: `max_version: «"1.2", ${files}` }, `${path}.max_version: refused: ${only}, is "1.2"`],
    [
      { tls: `«ca_file: /ca, ${files}` },
      `${path}.ca_file: no effect: listeners verify with client_ca_file`,
    ],
    refused('insecure', 'no listener speaks without TLS'),
    refused('insecure_skip_verify', 'every peer is verified; put its CA into ca_file'),
    refused('tpm', 'keys in a TPM are not in version 1'),
    refused('cipher_suites', 'TLS 1.3 has only good ones'),
    [
      { protocols: 'grpc: { «««tls: {} }' },
      `${path}.client_ca_file: required (or client_ca_pem)`,
      `${path}.cert_file: required (or cert_pem)`,
      `${path}.key_file: required (or key_pem)`,
    ],
    [{ tls: `${files}, key_pem: «hush` }, `${path}.key_pem: key_file is given as well`],
    [{ protocols: '«grpc: {}' }, `${path}: required`],
    [{ protocols: '«grpc:' }, `${path}: required`],
  ]);
});

test('schema-receivers.ts wants one of grpc and http, of one receiver', () => {
  const noProtocol = configText({ protocols: '' }).replace('protocols: {', 'protocols: «{');
  checkSaid(noProtocol, [
    'receivers.otlp.protocols: required: grpc or http, else nothing is received',
  ]);
  const other = configText().replace('{ otlp:', '{ «hostmetrics: {}, otlp:');
  checkSaid(other, ['receivers.hostmetrics: unknown, allowed: otlp']);
});
