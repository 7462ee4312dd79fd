// `gs-ctl send`: a test producer. Sends real batches over mTLS and reports what was acknowledged,
// how fast, and with which codes. It does not retry: one batch, one answer, one line in the report.

import { systemClock } from '../clock.ts';
import { Status } from '../errors.ts';
import { createClientContext } from '../tls/client-context.ts';
import { loadMaterial } from '../tls/pem-material.ts';
import type { CtlExit } from './exit-code.ts';
import { type SendAnswer, SendClient } from './send-client.ts';
import { SendTally } from './send-tally.ts';
import { resolveTarget, type TargetFlags } from './target.ts';
import type { Terminal } from './terminal.ts';
import { rejectedRecords, testBatch } from './test-batch.ts';

export interface SendFlags extends TargetFlags {
  readonly count: number;
  /** Batches a second; undefined: the next batch goes when the last one is answered. */
  readonly rate?: number;
  readonly records: number;
  readonly sizeBytes: number;
  readonly timeoutMs: number;
}

export async function send(flags: SendFlags, terminal: Terminal): Promise<CtlExit> {
  const target = await resolveTarget(flags, terminal, 'otlp');
  const sources = {
    ca: { file: target.ca },
    cert: { file: target.cert },
    key: { file: target.key },
  };
  const material = await loadMaterial(sources, systemClock.wallMs());
  for (const warning of material.warnings) terminal.talk(`warning: ${warning}\n`);
  const tls = createClientContext({ serverName: undefined, versionMin: 'TLSv1.3' }, material);
  const client = new SendClient(
    target.host,
    target.port,
    tls.connectionOptions(target.host, ['h2']),
  );
  const tally = new SendTally(`${target.host}:${target.port}`);
  try {
    await sendAll(client, flags, tally);
  } finally {
    client.close();
  }
  await tally.report(terminal);
  return tally.exitCode();
}

// Paced sending keeps going while answers are late, up to this many; then the pace waits.
const inFlightMax = 64;

async function sendAll(client: SendClient, flags: SendFlags, tally: SendTally): Promise<void> {
  const startMs = systemClock.nowMs();
  const intervalMs = flags.rate === undefined ? 0 : 1000 / flags.rate;
  const inFlight = new Set<Promise<void>>();
  const inFlightLimit = flags.rate === undefined ? 1 : inFlightMax;
  for (let batch = 0; batch < flags.count; batch++) {
    await until(startMs + batch * intervalMs);
    while (inFlight.size >= inFlightLimit) await Promise.race(inFlight);
    if (tally.connectionLost) break;
    const sending = sendOne(client, flags, batch, tally).then(() => {
      inFlight.delete(sending);
    });
    inFlight.add(sending);
  }
  await Promise.all(inFlight);
  tally.finish(flags.count, systemClock.nowMs() - startMs);
}

async function sendOne(
  client: SendClient,
  flags: SendFlags,
  batch: number,
  tally: SendTally,
): Promise<void> {
  const { bytes } = testBatch({
    recordFirst: batch * flags.records + 1,
    recordsTotal: flags.count * flags.records,
    recordCount: flags.records,
    bodySizeBytes: flags.sizeBytes,
    wallMs: systemClock.wallMs(),
  });
  const sentMs = systemClock.nowMs();
  const answer = await client.send(bytes, flags.timeoutMs);
  const latencyMs = systemClock.nowMs() - sentMs;
  tally.add(answer, latencyMs, rejectedOf(answer), flags.records);
}

function rejectedOf(answer: SendAnswer): { count: number; message: string } {
  if (answer.kind !== 'answer' || answer.status !== Status.Ok) return { count: 0, message: '' };
  try {
    return rejectedRecords(answer.body);
  } catch {
    // An OK whose body does not parse is still an OK: the engine has taken the batch.
    return { count: 0, message: 'the answer is not an ExportLogsServiceResponse' };
  }
}

function until(atMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const delayMs = atMs - systemClock.nowMs();
  if (delayMs <= 0) resolve();
  else setTimeout(resolve, delayMs);
  return promise;
}
