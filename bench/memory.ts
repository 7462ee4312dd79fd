// `npm run bench:memory`: resident memory at rest and under floods of several shapes, beside the
// limit that is configured. Anonymous memory is what the limit is about; pages of files (Node
// itself) can go. Arguments are parts of titles: `npm run bench:memory -- zstd` runs the rows that
// have one of them.

import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { clientTls, engineConfig } from '../test/interop/interop-pipeline.ts';
import { type CertificateFiles, writeTo } from '../test/support/certificates.ts';
import { type EngineProcess, startEngine } from '../test/support/engine-process.ts';
import { call } from '../test/support/listener-harness.ts';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { startDiscardSink } from './load/discard-sink.ts';
import { type H2Load, type LoadShape, prepareH2Load } from './load/h2-load.ts';
import { type BodyEncoding, encodedBody, writeBody } from './load/log-bodies.ts';
import { machineLine } from './report.ts';
import { recordsPerBody } from './scenarios.ts';

interface Flood extends LoadShape {
  readonly limitMiB: number;
  readonly body: keyof typeof recordsPerFloodBody;
  readonly requests: number;
  /** Sent by Node, which sees the status of each answer; else by h2load, which is faster. */
  readonly encoding?: BodyEncoding;
  /** With a vault, and what of the rest is there. Absent: no vault, and a downstream that takes. */
  readonly vault?: { readonly zone?: 'red'; readonly downstream: 'dead' | 'alive' };
}

/** "largest" is 14 MB, "limit" the most that 128 MiB takes, 4 MiB. */
const recordsPerFloodBody = { ...recordsPerBody, largest: 76_000, limit: 21_000 } as const;
const messageSizeMiBMax = { small: 8, big: 8, limit: 4, largest: 16 } as const;

/** The default limit in a cgroup of 128 MiB: nothing but the limit is said in these rows. */
const smallCgroupLimitMiB = 107;

const vaultKinds: readonly NonNullable<Flood['vault']>[] = [
  { zone: 'red', downstream: 'dead' },
  { downstream: 'dead' },
  { downstream: 'alive' },
];
const vaultFloods = vaultKinds.flatMap((vault): Flood[] => {
  const few = { vault, body: 'big', connections: 16, streamsPerConnection: 8 } as const;
  const many = { vault, limitMiB: 128, connections: 64 } as const;
  return [
    { ...few, limitMiB: smallCgroupLimitMiB, requests: 8_000 },
    { ...few, limitMiB: 128, requests: 8_000 },
    { ...many, body: 'small', streamsPerConnection: 8, requests: 60_000 },
    { ...many, body: 'big', streamsPerConnection: 4, requests: 4_000 },
    {
      ...many,
      body: 'big',
      streamsPerConnection: 4,
      requests: 4_000,
      limitMiB: 256,
      connections: 400,
    },
  ];
});

const floods: readonly Flood[] = [
  ...[
    { body: 'big', connections: 4, streamsPerConnection: 4, requests: 4_000 } as const,
    { body: 'small', connections: 400, streamsPerConnection: 1, requests: 60_000 } as const,
    { body: 'small', connections: 400, streamsPerConnection: 8, requests: 60_000 } as const,
    { body: 'big', connections: 64, streamsPerConnection: 4, requests: 3_000 } as const,
    { body: 'big', connections: 400, streamsPerConnection: 4, requests: 4_000 } as const,
  ].map((flood) => ({ ...flood, limitMiB: 256 })),
  ...(['identity', 'gzip', 'zstd'] as const).flatMap((encoding): Flood[] => {
    const shape = { encoding, streamsPerConnection: 1 };
    return [
      { ...shape, limitMiB: 256, body: 'largest', connections: 16, requests: 128 },
      { ...shape, limitMiB: 128, body: 'limit', connections: 64, requests: 512 },
    ];
  }),
];
const sampleIntervalMs = 10;
/** For what the start has left to settle. */
const restMs = 1_000;

const wanted = process.argv.slice(2);
const directory = temporaryDirectory('bench-memory');
try {
  const files = await writeTo(join(directory.path, 'tls'));
  const sink = await startDiscardSink(files);
  const h2load = await prepareH2Load(directory.path, files);
  process.stdout.write(`${machineLine()}\n`);
  for (const [index, flood] of [...vaultFloods, ...floods].entries()) {
    if (wanted.length > 0 && !wanted.some((part) => title(flood).includes(part))) continue;
    const config = floodConfig(flood, files, sink.port, join(directory.path, `vault-${index}`));
    const engine = await startEngine({ config });
    await new Promise((resolve) => setTimeout(resolve, restMs));
    const atRest = anonymousMiB(engine.pid);
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, anonymousMiB(engine.pid));
    }, sampleIntervalMs);
    const outcomes = await run(flood, engine, files, h2load);
    clearInterval(timer);
    const stopped = await engine.stop().then(() => engine.logs().at(-1));
    process.stdout.write(
      `${title(flood)}: anonymous ${atRest} MiB at rest, ${peak} MiB at most; ${outcomes}; ` +
        `${stopped?.refused_batches} refused\n`,
    );
  }
  sink.stop();
} finally {
  directory.remove();
}

function title(flood: Flood): string {
  const { limitMiB, connections, streamsPerConnection, body, encoding = 'h2load', vault } = flood;
  const kind =
    vault === undefined
      ? ''
      : `, vault, ${vault.zone ?? 'any zone'}, downstream ${vault.downstream}`;
  return `limit ${limitMiB} MiB, ${connections} connections x ${streamsPerConnection} ${body} ${encoding}${kind}`;
}

function floodConfig(
  flood: Flood,
  files: CertificateFiles,
  sinkPort: number,
  vaultDirectory: string,
): object {
  // Nothing listens on port 1.
  const port = flood.vault?.downstream === 'dead' ? 1 : sinkPort;
  const exporter = { endpoint: `localhost:${port}`, tls: clientTls(files), compression: 'none' };
  const config = engineConfig(files, { otlp_grpc: exporter }) as {
    receivers: { otlp: { protocols: { grpc: object } } };
  };
  const memory = { limit_mib: flood.limitMiB };
  if (flood.vault !== undefined) {
    const { zone: force } = flood.vault;
    const vault = { directory: vaultDirectory, limit: '64GiB', min_free: '1GiB' };
    return { ...config, memory, vault, ...(force && { zones: { force } }) };
  }
  const { grpc } = config.receivers.otlp.protocols;
  const sized = { ...grpc, max_recv_msg_size_mib: messageSizeMiBMax[flood.body] };
  return {
    ...config,
    receivers: { otlp: { protocols: { grpc: sized } } },
    memory,
  };
}

/** What became of the requests. */
async function run(
  flood: Flood,
  engine: EngineProcess,
  files: CertificateFiles,
  h2load: H2Load,
): Promise<string> {
  const records = recordsPerFloodBody[flood.body];
  if (flood.encoding !== undefined) {
    const body = encodedBody(records, flood.encoding);
    const counts = await runFromNode(flood, flood.encoding, body, engine.port, files);
    return [...counts].map(([outcome, count]) => `${count} x status ${outcome}`).join(', ');
  }
  const bodyPath = writeBody(directory.path, flood.body, records).path;
  const result = await h2load.run({ ...flood, port: engine.port, bodyPath });
  return `${result.succeeded} OK, ${result.failed} failed`;
}

async function runFromNode(
  flood: Flood,
  encoding: BodyEncoding,
  body: Buffer,
  port: number,
  files: CertificateFiles,
): Promise<Map<string, number>> {
  const tls = {
    ca: readFileSync(files.ca),
    cert: readFileSync(files.clientCert),
    key: readFileSync(files.clientKey),
  };
  const counts = new Map<string, number>();
  let left = flood.requests;
  const connection = async () => {
    const client = connect(`https://localhost:${port}`, { ...tls, maxSessionMemory: 1_024 });
    client.on('error', () => {}); // streams report it
    const stream = async () => {
      while (left-- > 0) {
        const { outcome } = await call(client, body, { 'grpc-encoding': encoding });
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: flood.streamsPerConnection }, stream));
    client.close();
  };
  await Promise.all(Array.from({ length: flood.connections }, connection));
  return counts;
}

function anonymousMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
  return Math.round((kib('RssAnon') + kib('RssShmem')) / 1024);
}
