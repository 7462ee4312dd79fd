// A small OTLP gRPC server with mTLS for the tests of gs-ctl: keeps what it decodes and answers as
// told.

import { once } from 'node:events';
import { createSecureServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { listenerOptions } from '../../src/tls/server-context.ts';
import { testCertificates } from '../support/certificates.ts';

/** What to answer to the n-th batch, from 0. */
export type SinkAnswer =
  | { readonly status: number; readonly message: string }
  | { readonly rejected: number; readonly message: string }
  | 'ok'
  | 'silence'
  | 'hang up';

export interface LogsSink {
  readonly address: string;
  readonly received: ExportLogsServiceRequest[];
  close(): void;
}

export async function openLogsSink(answerTo: (batch: number) => SinkAnswer): Promise<LogsSink> {
  const { caPem, server: pair } = await testCertificates();
  const material = { ca: caPem, cert: pair.certPem, key: pair.keyPem };
  const received: ExportLogsServiceRequest[] = [];
  const server = createSecureServer(
    listenerOptions({ ...material, warnings: [], expiresWallMs: undefined }, ['h2']),
  );
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  server.on('sessionError', () => {});
  server.on('stream', (stream: ServerHttp2Stream) => {
    const chunks: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const message = Buffer.concat(chunks).subarray(5);
      received.push(fromBinary(ExportLogsServiceRequestSchema, message));
      reply(stream, answerTo(received.length - 1));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    address: `127.0.0.1:${port}`,
    received,
    close() {
      server.close();
      for (const session of sessions) session.destroy();
    },
  };
}

function reply(stream: ServerHttp2Stream, answer: SinkAnswer): void {
  const head = { ':status': 200, 'content-type': 'application/grpc+proto' };
  if (answer === 'silence') return;
  if (answer === 'hang up') {
    stream.session?.destroy();
    return;
  }
  if (answer !== 'ok' && 'status' in answer) {
    const message = encodeURIComponent(answer.message);
    stream.respond(
      { ...head, 'grpc-status': answer.status, 'grpc-message': message },
      { endStream: true },
    );
    return;
  }
  const partialSuccess =
    answer === 'ok'
      ? {}
      : {
          partialSuccess: {
            rejectedLogRecords: BigInt(answer.rejected),
            errorMessage: answer.message,
          },
        };
  const body = toBinary(
    ExportLogsServiceResponseSchema,
    create(ExportLogsServiceResponseSchema, partialSuccess),
  );
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  stream.respond(head, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.concat([prefix, body]));
}
