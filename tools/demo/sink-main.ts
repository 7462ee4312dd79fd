// The downstream of the demo: takes OTLP over gRPC, counts each batch by its number, and goes away
// and comes back when told. What it has counted outlives that, as a backend's storage would.
//
// Arguments: CA, certificate and key files.

import { readFileSync } from 'node:fs';
import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { grpcPrefixSizeBytes } from '../../src/limits.ts';
import { BatchTemplate, batchesMax } from './demo-batch.ts';
import { reportIntervalMs } from './demo-messages.ts';
import { listenToParent, tellParent } from './parent-link.ts';

const [ca, cert, key] = process.argv.slice(2).map((path) => readFileSync(path));
const template = new BatchTemplate();
const counts = new Uint8Array(batchesMax);
let deliveredBatches = 0;
let replayedBatches = 0;
let missed = { firstBatch: 0, endBatch: 0 };
let damagedBatches = 0;
let port = 0;
let server: Http2SecureServer | undefined;
const sessions = new Set<ServerHttp2Session>();
// As wide as the largest requests, so that the engine never waits for credit.
const windowSizeBytes = 8 * 2 ** 20;
const emptyMessage = Buffer.alloc(grpcPrefixSizeBytes);

listenToParent((message) => {
  if (message.kind === 'go-away') goAway();
  if (message.kind === 'come-back') {
    missed = message;
    comeUp();
  }
  if (message.kind === 'count') tellParent({ kind: 'counts', counts, damagedBatches });
});
setInterval(
  () => tellParent({ kind: 'sink', deliveredBatches, replayedBatches }),
  reportIntervalMs,
);
comeUp();

function comeUp(): void {
  if (server !== undefined) return;
  server = createSecureServer({
    ...{ ca, cert, key, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
    settings: { initialWindowSize: windowSizeBytes, maxFrameSize: 2 ** 20 },
  });
  server.on('session', (session) => {
    session.setLocalWindowSize(windowSizeBytes);
    sessions.add(session);
    session.on('error', () => {}); // of the other end; its streams say it
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', take);
  server.listen(port, '127.0.0.1', () => {
    const address = server?.address() as AddressInfo; // a TCP server's address is no string
    port = address.port;
    tellParent({ kind: 'listening', port });
  });
}

/** As a backend that crashes: no goodbye, and nobody listens. */
function goAway(): void {
  server?.close();
  server = undefined;
  for (const session of sessions) session.destroy();
}

function take(stream: ServerHttp2Stream): void {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => {}); // the connection went away; what had not arrived is not counted
  stream.on('end', () => {
    template.read(Buffer.concat(chunks).subarray(grpcPrefixSizeBytes)).forEach(count);
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(emptyMessage);
  });
}

function count(batch: number): void {
  const before = counts[batch];
  if (before === undefined) {
    damagedBatches += 1; // also what is not a batch of ours: NaN has no counter
    return;
  }
  if (before === 0) {
    deliveredBatches += 1;
    if (batch >= missed.firstBatch && batch < missed.endBatch) replayedBatches += 1;
  }
  counts[batch] = Math.min(255, before + 1);
}
