// The producers of the demo: connections with a client certificate each, all of which send what
// they have when their timer comes round. A batch counts as acknowledged when its call was answered
// OK; one that was refused or whose connection broke is sent again, as an SDK does.
//
// Arguments: port, CA, certificate and key files.

import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { BatchTemplate, batchesMax } from './demo-batch.ts';
import { reportIntervalMs } from './demo-messages.ts';
import { listenToParent, tellParent } from './parent-link.ts';
import { flushIntervalMs } from './story.ts';

const [port = '', ...files] = process.argv.slice(2);
const [ca, cert, key] = files.map((path) => readFileSync(path));
const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const connectionCount = 16;
/** Agents that wait for answers keep what is new to themselves. */
const inFlightMax = 400;

const template = new BatchTemplate();
const counts = new Uint8Array(batchesMax);
let batchesPerFlush = 0;
let nextBatch = 0;
const again: number[] = [];
let inFlightBatches = 0;
let ackedBatches = 0;
let refusedCalls = 0;
let brokenConnections = 0;
/** Of the reports of the last second or so, so that each has some: answers come in heaps. */
const ackTimesMs: number[][] = [[]];
const ackTimesKept = 6;
let isStopping = false;
const sessions = Array.from({ length: connectionCount }, (_, index) => open(index));

listenToParent((message) => {
  if (message.kind === 'pace') batchesPerFlush = message.batchesPerFlush;
  if (message.kind === 'count') tellParent({ kind: 'counts', counts, damagedBatches: 0 });
  if (message.kind === 'stop') {
    isStopping = true;
    for (const session of sessions) session.close();
  }
});
setInterval(flush, flushIntervalMs);
setInterval(report, reportIntervalMs);

function open(index: number): ClientHttp2Session {
  const session = connect(`https://localhost:${port}`, { ca, cert, key });
  session.on('error', () => {}); // 'close' follows
  session.on('close', () => {
    if (isStopping) return;
    brokenConnections += 1;
    setTimeout(() => {
      sessions[index] = open(index);
    }, flushIntervalMs);
  });
  return session;
}

function flush(): void {
  const room = inFlightMax - inFlightBatches;
  for (let left = Math.min(batchesPerFlush, room); left > 0; left -= 1) {
    if (again.length === 0 && nextBatch === batchesMax) return;
    send(again.shift() ?? nextBatch++);
  }
  // What was refused is sent to its end, in the pauses of the story too.
  if (batchesPerFlush === 0) for (const batch of again.splice(0)) send(batch);
}

function send(batch: number): void {
  const session = sessions[batch % connectionCount]!; // one for each
  if (session.closed || session.destroyed) {
    again.push(batch);
    return;
  }
  const startMs = performance.now();
  const stream = session.request({
    ...{ ':method': 'POST', ':path': path },
    ...{ 'content-type': 'application/grpc', te: 'trailers' },
  });
  inFlightBatches += 1;
  let status = '';
  const keep = (fields: Readonly<Record<string, unknown>>) => {
    status = String(fields['grpc-status'] ?? status);
  };
  stream.on('response', keep); // an answer without a message has its status here
  stream.on('trailers', keep);
  stream.on('error', () => {}); // 'close' follows
  stream.on('close', () => {
    inFlightBatches -= 1;
    if (status === '0') acked(batch, performance.now() - startMs);
    else failed(batch, status);
  });
  stream.resume();
  stream.cork();
  stream.write(template.head(batch));
  stream.end(template.tail);
  stream.uncork();
}

function acked(batch: number, tookMs: number): void {
  counts[batch] = 1;
  ackedBatches += 1;
  ackTimesMs[0]?.push(tookMs);
}

function failed(batch: number, status: string): void {
  if (status === '') brokenConnections += 1;
  else refusedCalls += 1;
  again.push(batch);
}

function report(): void {
  const times = ackTimesMs.flat().sort((a, b) => a - b);
  ackTimesMs.unshift([]);
  ackTimesMs.splice(ackTimesKept);
  const ackP99Ms = times[Math.ceil(0.99 * times.length) - 1] ?? Number.NaN;
  tellParent({
    ...{ kind: 'producers', nextBatch, ackedBatches, refusedCalls, brokenConnections, ackP99Ms },
    ackedBytes: ackedBatches * template.messageSizeBytes,
    waitingBatches: inFlightBatches + again.length,
  });
}
