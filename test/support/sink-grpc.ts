// The sink's gRPC side: unary calls over node:http2, answered well or badly as the mode says.

import http2 from 'node:http2';
import { frameMessage, parseUnaryBody } from '../../src/grpc/message-frame.ts';
import { encodeStatusDetailsHeader } from '../../src/grpc/retry-info.ts';
import { encodeStatusMessage } from '../../src/grpc/status-message.ts';
import { clientNameOf, decompress, plainHeaders } from './sink-body.ts';
import { exportResponse, type SinkMode, type TakeRequest } from './sink-mode.ts';

export function serveGrpc(
  server: http2.Http2Server | http2.Http2SecureServer,
  take: TakeRequest,
): void {
  server.on('sessionError', () => {});
  server.on('stream', (incoming, headers) => {
    const stream = incoming as http2.ServerHttp2Stream; // a server's streams are nothing else
    stream.on('error', () => {});
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (stream.destroyed || stream.aborted) return;
      const body = parseUnaryBody(Buffer.concat(chunks));
      if (body.kind !== 'message') throw new Error(`sink got no message: ${body.kind}`);
      const encoding = body.flag === 1 ? String(headers['grpc-encoding']) : undefined;
      const message = decompress(Buffer.from(body.message), encoding);
      const clientName = clientNameOf(stream.session?.socket);
      const request = { message, headers: plainHeaders(headers), clientName };
      take(request, (mode) => answerGrpc(stream, mode));
    });
  });
}

function answerGrpc(stream: http2.ServerHttp2Stream, mode: SinkMode): void {
  if (stream.destroyed) return;
  switch (mode.kind) {
    case 'reset':
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
      return;
    case 'disconnect':
      stream.session?.destroy();
      return;
    case 'refused-stream':
      stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      return;
    case 'http':
      stream.respond({ ':status': mode.status, ...mode.headers });
      stream.end(mode.body ?? '');
      return;
    case 'unavailable':
      grpcError(stream, 14, 'sink is unavailable', mode.retryDelayMs);
      return;
    case 'exhausted':
      grpcError(stream, 8, 'sink is exhausted', mode.retryDelayMs);
      return;
    case 'limit':
      grpcError(stream, 8, `message larger than ${mode.sizeBytesMax} bytes`, undefined);
      return;
    case 'grpc': {
      const fields = statusFields(mode.status, mode.message ?? '', mode.retryDelayMs);
      if (mode.status === 0 || mode.rejected !== undefined) grpcMessage(stream, mode, fields);
      else stream.respond({ ...contentType, ...fields }, { endStream: true });
      return;
    }
    default:
      if (mode.kind === 'goaway') stream.session?.goaway(0, stream.id ?? 0);
      grpcMessage(stream, mode, { 'grpc-status': '0' });
  }
}

const contentType = { 'content-type': 'application/grpc' } as const;

function grpcMessage(
  stream: http2.ServerHttp2Stream,
  mode: SinkMode,
  trailers: http2.OutgoingHttpHeaders,
): void {
  stream.respond(contentType, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(frameMessage(exportResponse(mode)));
}

function grpcError(
  stream: http2.ServerHttp2Stream,
  code: number,
  message: string,
  retryDelayMs: number | undefined,
): void {
  const fields = { ...contentType, ...statusFields(code, message, retryDelayMs) };
  stream.respond(fields, { endStream: true });
}

function statusFields(
  code: number,
  message: string,
  retryDelayMs: number | undefined,
): http2.OutgoingHttpHeaders {
  const details =
    retryDelayMs === undefined
      ? undefined
      : {
          'grpc-status-details-bin': encodeStatusDetailsHeader({ code, message, retryDelayMs }),
        };
  const said = { 'grpc-status': String(code), 'grpc-message': encodeStatusMessage(message) };
  return { ...said, ...details };
}
