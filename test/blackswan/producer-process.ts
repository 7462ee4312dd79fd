// Producers in a process of their own: many connections, each batch with a number, sent again only
// when OTLP says that it may be. Notes which numbers were acknowledged, and every way in which the
// engine sent somebody away.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { BatchMaker, type BatchShape } from '../support/swan-batch.ts';
import { type CallEnd, SwanConnection } from '../support/swan-connection.ts';
import { childOptions, cpuSeconds, serveParent } from './child.ts';
import { ackedPath, IdFile } from './id-file.ts';

export interface ProducerOptions {
  readonly directory: string;
  readonly port: number;
  /** Number of this process, from 0. */
  readonly producer: number;
  readonly connectionCount: number;
  readonly shape: BatchShape;
  /** On each connection. */
  readonly inFlightMax: number;
}

export type ProducerOrder =
  | { readonly kind: 'connect' }
  /** Batches a second from now on, of all connections together; 0 for none. */
  | { readonly kind: 'pace'; readonly perSecond: number }
  | { readonly kind: 'report' };

export interface ProducerReport {
  readonly connectedCount: number;
  readonly ackedCount: number;
  readonly sentCount: number;
  readonly inFlightCount: number;
  /** Waiting to be sent again. */
  readonly againCount: number;
  /** Batches that the pace asked for and that no connection was free for. */
  readonly heldBackCount: number;
  readonly ackMsMax: number;
  readonly ackMsP99: number;
  /** Of this process so far. */
  readonly cpuSeconds: number;
  /** Everything that was not OK, by what it was. */
  readonly refusals: Readonly<Record<string, number>>;
}

const options = childOptions<ProducerOptions>();
const { connectionCount, directory, inFlightMax, producer } = options;
const pem = (name: string) => readFileSync(join(directory, name), 'utf8');
const tls = {
  port: options.port,
  servername: 'localhost',
  // One context, but no session: every connection makes the whole handshake.
  secureContext: createSecureContext({
    ca: pem('ca.pem'),
    cert: pem('client.pem'),
    key: pem('client.key'),
    minVersion: 'TLSv1.3',
  }),
};

const handshakesMax = 16;
const connectMsMax = 20_000;
const reconnectDelayMs = 200;
const tickMs = 10;
// A process that was not scheduled for a while does not make up for all of it.
const arrearsMs = 200;
const retryDelayMs = 100;
// gRPC: what OTLP lets a producer send again.
const retryable = new Set(['1', '4', '8', '10', '11', '14', '15']);

const maker = new BatchMaker(producer, options.shape);
const acked = new IdFile(ackedPath(directory, producer));
const refusals: Record<string, number> = {};
const slots: (SwanConnection | undefined)[] = Array.from({ length: connectionCount });
const again: number[] = [];
const ackMs: number[] = [];
let nextBatch = 0;
let sentCount = 0;
let heldBackCount = 0;
let perSecond = 0;
let allowance = 0;
let lastTickMs = performance.now();
let nextSlot = 0;

function refuse(what: string): void {
  refusals[what] = (refusals[what] ?? 0) + 1;
}

async function connectSlot(slot: number): Promise<void> {
  for (;;) {
    try {
      slots[slot] = await SwanConnection.connect(tls, () => connectionEnded(slot));
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : error;
      refuse(`not connected: ${String(code)}`);
      await new Promise((resolve) => setTimeout(resolve, reconnectDelayMs));
    }
  }
}

function connectionEnded(slot: number): void {
  const goaways = slots[slot]?.goaways ?? [];
  for (const said of goaways) refuse(said);
  refuse('connection ended');
  slots[slot] = undefined;
  void connectSlot(slot);
}

/** Ends when all are connected, or after a while: how many are is in the report. */
async function connectAll(): Promise<void> {
  let slot = 0;
  const one = async () => {
    while (slot < connectionCount) await connectSlot(slot++);
  };
  const all = Promise.all(Array.from({ length: handshakesMax }, one));
  const late = new Promise((resolve) => setTimeout(resolve, connectMsMax));
  await Promise.race([all, late]);
}

function tick(): void {
  const nowMs = performance.now();
  const elapsedMs = Math.min(nowMs - lastTickMs, arrearsMs);
  lastTickMs = nowMs;
  for (const connection of slots) {
    if (connection !== undefined && connection.oldestDeadlineMs <= nowMs) connection.expire(nowMs);
  }
  allowance += (perSecond * elapsedMs) / 1_000;
  while (allowance >= 1) {
    const connection = freeConnection();
    if (connection === undefined) {
      heldBackCount += Math.floor(allowance);
      allowance %= 1;
      return;
    }
    allowance -= 1;
    send(connection, again.shift() ?? nextBatch++);
  }
  while (perSecond === 0 && again.length > 0) {
    const connection = freeConnection();
    if (connection === undefined) return;
    send(connection, again.shift() ?? 0);
  }
}

function freeConnection(): SwanConnection | undefined {
  for (let tried = 0; tried < connectionCount; tried += 1) {
    const connection = slots[nextSlot];
    nextSlot = (nextSlot + 1) % connectionCount;
    if (connection === undefined) continue;
    if (connection.inFlightCount < Math.min(inFlightMax, connection.streamsMax)) return connection;
  }
  return undefined;
}

function send(connection: SwanConnection, batch: number): void {
  maker.number(batch);
  const sentAtMs = performance.now();
  sentCount += 1;
  connection.send(maker.message, (end) => callEnded(batch, sentAtMs, end));
}

function callEnded(batch: number, sentAtMs: number, end: CallEnd): void {
  if (end.kind === 'status' && end.status === '0') {
    acked.add(batch);
    ackMs.push(performance.now() - sentAtMs);
    return;
  }
  refuse(nameOf(end));
  const isFinal = end.kind === 'status' && !retryable.has(end.status.split(' ')[0] ?? '');
  if (!isFinal) setTimeout(() => again.push(batch), retryDelayMs);
}

function nameOf(end: CallEnd): string {
  if (end.kind === 'status') return `status ${end.status}`;
  return end.kind === 'reset' ? `RST_STREAM ${end.errorCode}` : `call ${end.kind}`;
}

function report(): ProducerReport {
  acked.flush();
  const open = slots.filter((connection) => connection !== undefined);
  // Said before their connections end: GOAWAY alone is a refusal as well.
  for (const { goaways } of open) for (const said of goaways.splice(0)) refuse(said);
  ackMs.sort((a, b) => a - b);
  return {
    connectedCount: open.length,
    ackedCount: acked.count,
    sentCount,
    inFlightCount: open.reduce((sum, { inFlightCount }) => sum + inFlightCount, 0),
    againCount: again.length,
    heldBackCount,
    ackMsMax: Math.round(ackMs.at(-1) ?? 0),
    ackMsP99: Math.round(ackMs[Math.floor(ackMs.length * 0.99)] ?? 0),
    cpuSeconds: cpuSeconds(),
    refusals,
  };
}

serveParent<ProducerOrder, ProducerReport>(async (order) => {
  if (order.kind === 'connect') await connectAll();
  if (order.kind === 'pace') perSecond = order.perSecond;
  return report();
});
setInterval(tick, tickMs);
