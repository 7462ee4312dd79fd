// `npm run bench:memory`: resident memory under floods of several shapes, beside the limit that is
// configured. Anonymous memory is what the limit is about; pages of files (Node itself) can go.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientTls, engineConfig } from '../test/interop/interop-pipeline.ts';
import { writeTo } from '../test/support/certificates.ts';
import { startEngine } from '../test/support/engine-process.ts';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { startDiscardSink } from './load/discard-sink.ts';
import { type LoadShape, prepareH2Load } from './load/h2-load.ts';
import { type LogBody, writeBody } from './load/log-bodies.ts';
import { machineLine } from './report.ts';
import { recordsPerBody } from './scenarios.ts';

interface Flood extends LoadShape {
  readonly body: keyof typeof recordsPerBody;
  readonly requests: number;
}

const floods: readonly Flood[] = [
  { body: 'big', connections: 4, streamsPerConnection: 4, requests: 4_000 },
  { body: 'small', connections: 400, streamsPerConnection: 1, requests: 60_000 },
  { body: 'small', connections: 400, streamsPerConnection: 8, requests: 60_000 },
  { body: 'big', connections: 64, streamsPerConnection: 4, requests: 3_000 },
  { body: 'big', connections: 400, streamsPerConnection: 4, requests: 4_000 },
];
const sampleIntervalMs = 25;

const directory = temporaryDirectory('bench-memory');
try {
  const files = await writeTo(join(directory.path, 'tls'));
  const sink = await startDiscardSink(files);
  const h2load = await prepareH2Load(directory.path, files);
  const bodies: Record<Flood['body'], LogBody> = {
    big: writeBody(directory.path, 'big', recordsPerBody.big),
    small: writeBody(directory.path, 'small', recordsPerBody.small),
  };
  const endpoint = `localhost:${sink.port}`;
  const exporter = { endpoint, tls: clientTls(files), compression: 'none' };
  const config = { ...engineConfig(files, { otlp_grpc: exporter }), memory: { limit_mib: 256 } };
  process.stdout.write(`${machineLine()}; memory.limit_mib 256\n`);
  for (const flood of floods) {
    const engine = await startEngine({ config });
    const atRest = anonymousMiB(engine.pid);
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, anonymousMiB(engine.pid));
    }, sampleIntervalMs);
    const bodyPath = bodies[flood.body].path;
    const result = await h2load.run({ ...flood, port: engine.port, bodyPath });
    clearInterval(timer);
    const stopped = await engine.stop().then(() => engine.logs().at(-1));
    process.stdout.write(
      `${flood.connections} connections x ${flood.streamsPerConnection} ${flood.body}: anonymous ` +
        `${atRest} MiB at rest, ${peak} MiB at most; ${result.succeeded} answered, ` +
        `${stopped?.refused_batches} of them refused, ${result.failed} failed\n`,
    );
  }
  sink.stop();
} finally {
  directory.remove();
}

function anonymousMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
  return Math.round((kib('RssAnon') + kib('RssShmem')) / 1024);
}
