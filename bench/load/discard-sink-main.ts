// The process behind discard-sink.ts: a gRPC server that reads each request, counts it and answers
// OK. The parent asks for the counts over the IPC channel; when the parent is gone, so is this.

import { readFileSync } from 'node:fs';
import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { countRecords } from './record-count.ts';

const [ca, cert, key] = process.argv.slice(2).map((path) => readFileSync(path));
const counts = { requests: 0, records: 0, bytes: 0 };
// Windows as wide as several of the largest requests, so that no sender ever waits for credit.
const windowSizeBytes = 16 * 1024 * 1024;
const emptyMessageFrame = Buffer.alloc(5);

const server = createSecureServer({
  ...{ ca, cert, key, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
  settings: { initialWindowSize: windowSizeBytes, maxFrameSize: 1024 * 1024 },
});
server.on('session', (session) => session.setLocalWindowSize(windowSizeBytes));
server.on('stream', answer);
server.listen(0, '127.0.0.1', () => {
  // An address is a string only for a unix socket.
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('message', () => process.send?.(counts));
process.on('disconnect', () => process.exit(0));

function answer(stream: ServerHttp2Stream) {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => {
    // The sender went away; what it had not finished is not counted.
  });
  stream.on('end', () => {
    if (stream.aborted) return;
    const frame = Buffer.concat(chunks);
    counts.requests += 1;
    counts.bytes += frame.length;
    counts.records += countRecords(frame.subarray(emptyMessageFrame.length));
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(emptyMessageFrame);
  });
}
