import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateFolder } from '../tls/certificate-folder.ts';
import { welcome } from './welcome.ts';

const certificates = certificateFolder('/home/me/.gophership/tls');
const here = (path: string) => path.replace('/home/me/', '');

function linesFor(grpcAddress: string | undefined, httpAddress: string | undefined): string[] {
  const configPath = '/home/me/.gophership/gophership.yaml';
  const text = welcome({ grpcAddress, httpAddress, configPath, certificates }, here);
  return text.split('\n').filter((line) => line !== '');
}

const files = [
  '  export OTEL_EXPORTER_OTLP_CERTIFICATE=.gophership/tls/ca.pem',
  '  export OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=.gophership/tls/client.pem',
  '  export OTEL_EXPORTER_OTLP_CLIENT_KEY=.gophership/tls/client.key',
];
const set = 'Set this for any OpenTelemetry SDK started in this folder:';
const send = ['or send a test batch from a second terminal in this folder:', '  npx gs-ctl send'];
const status = ['See what it does:', '  npx gs-ctl status'];
const config = 'Configuration: .gophership/gophership.yaml';
const grpc = [
  '  export OTEL_EXPORTER_OTLP_ENDPOINT=https://localhost:1',
  '  export OTEL_EXPORTER_OTLP_PROTOCOL=grpc',
];
const http = [
  '  export OTEL_EXPORTER_OTLP_ENDPOINT=https://localhost:2',
  '  export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
];

test('welcome() names both receivers and what to set for each', () => {
  assert.deepEqual(linesFor('localhost:1', 'localhost:2'), [
    'GopherShip listens on localhost:1 (OTLP/gRPC) and localhost:2 (OTLP/HTTP), mutual TLS.',
    ...[config, set, ...grpc, ...files],
    'or, for OTLP/HTTP, these two in place of the first two:',
    ...http,
    ...send,
    ...status,
  ]);
});

test('welcome() names no receiver that is not there', () => {
  assert.deepEqual(linesFor('localhost:1', undefined), [
    'GopherShip listens on localhost:1 (OTLP/gRPC), mutual TLS.',
    ...[config, set, ...grpc, ...files, ...send, ...status],
  ]);
  assert.deepEqual(linesFor(undefined, 'localhost:2'), [
    'GopherShip listens on localhost:2 (OTLP/HTTP), mutual TLS.',
    ...[config, set, ...http, ...files, ...status],
  ]);
});
