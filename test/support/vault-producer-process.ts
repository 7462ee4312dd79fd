// A producer in a process of its own, to be killed: notes in a file what it sends before it sends
// it, and what was acknowledged before it goes on. The page cache keeps the file when this process
// or the engine is killed. Ends with 0 when the connection is gone.
//
// Arguments: port, directory with the certificates, file of notes, prefix of ids, batches in
// flight, number of the first batch.

import { openSync, readFileSync, writeSync } from 'node:fs';
import http2 from 'node:http2';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import { call } from './listener-harness.ts';
import { oracleRequest } from './oracle-batch.ts';

const [, , port = '', certificates = '', notesPath = '', prefix = ''] = process.argv;
const [lanes = '8', firstBatch = '0'] = process.argv.slice(6);
const pem = (name: string) => readFileSync(join(certificates, name), 'utf8');
const notes = openSync(notesPath, 'a', 0o600);
const session = http2.connect(`https://127.0.0.1:${port}`, {
  ca: pem('ca.pem'),
  cert: pem('client.pem'),
  key: pem('client.key'),
  servername: 'localhost',
});
session.on('error', () => {}); // the calls say it
const isGone = () => session.closed || session.destroyed;
const retryDelayMs = 20;
let nextBatch = Number(firstBatch);

/** One call a line: whoever reads finds whole lines, but for the last. */
function note(what: 'sent' | 'acked' | 'refused', id: string): void {
  writeSync(notes, `${what} ${id}\n`);
}

async function send(id: string): Promise<void> {
  const body = frameMessage(oracleRequest(id));
  note('sent', id);
  while (!isGone()) {
    const outcome = await attempt(body);
    if (outcome === '0') return note('acked', id);
    const status = outcome.split(' ')[0] ?? '';
    const isFinal = /^\d+$/.test(status) && !['1', '4', '14'].includes(status);
    if (isFinal) return note('refused', id);
    await delay(retryDelayMs);
  }
}

async function attempt(body: Uint8Array): Promise<string> {
  try {
    return (await call(session, body)).outcome;
  } catch {
    return 'gone'; // request() on a session that has just ended
  }
}

async function lane(): Promise<void> {
  while (!isGone()) await send(`${prefix}-${nextBatch++}`);
}

await Promise.all(Array.from({ length: Number(lanes) }, lane));
