// The sink's HTTP side: POSTs of protobuf, answered well or badly as the mode says.

import type http from 'node:http';
import type https from 'node:https';
import { encodeStatus } from '../../src/grpc/retry-info.ts';
import { clientNameOf, decompress, plainHeaders } from './sink-body.ts';
import { exportResponse, type SinkMode, type TakeRequest } from './sink-mode.ts';

export function serveHttp(server: http.Server | https.Server, take: TakeRequest): void {
  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const encoding = request.headers['content-encoding'];
      const message = decompress(Buffer.concat(chunks), encoding);
      const clientName = clientNameOf(request.socket);
      const headers = plainHeaders(request.headers);
      take({ message, headers, clientName }, (mode) => answerHttp(response, mode));
    });
  });
}

function answerHttp(response: http.ServerResponse, mode: SinkMode): void {
  switch (mode.kind) {
    case 'reset':
    case 'disconnect':
    case 'refused-stream':
      response.socket?.destroy();
      return;
    case 'http':
      response.writeHead(mode.status, mode.headers);
      response.end(mode.body ?? '');
      return;
    case 'unavailable':
      httpError(response, 503, 'sink is unavailable', mode.retryDelayMs);
      return;
    case 'exhausted':
      httpError(response, 429, 'sink is exhausted', mode.retryDelayMs);
      return;
    case 'limit':
      httpError(response, 413, `message larger than ${mode.sizeBytesMax} bytes`, undefined);
      return;
    case 'grpc':
      throw new Error('a gRPC status at an HTTP sink');
    default: {
      if (mode.kind === 'goaway') response.setHeader('connection', 'close');
      response.writeHead(200, { 'content-type': 'application/x-protobuf' });
      response.end(exportResponse(mode));
    }
  }
}

function httpError(
  response: http.ServerResponse,
  status: number,
  message: string,
  retryDelayMs: number | undefined,
): void {
  if (retryDelayMs !== undefined) {
    response.setHeader('retry-after', String(Math.ceil(retryDelayMs / 1000)));
  }
  response.writeHead(status, { 'content-type': 'application/x-protobuf' });
  response.end(encodeStatus({ code: 2, message }));
}
