// `npm run bench:vault`: what T7, T9 and T10 of the targets ask of the vault: latency of durable
// answers, cost of the replay, time and memory of a recovery. Prints the figures and appends them
// to the file of the day below bench/results/. Everything is stored below TMPDIR, which must be on
// a disk, and removed. Needs h2load and, for the peer, Go.

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeTo } from '../test/support/certificates.ts';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { describeCommit } from './commit.ts';
import { removeWhenInterrupted } from './interrupt.ts';
import { startDiscardSink } from './load/discard-sink.ts';
import { prepareH2Load } from './load/h2-load.ts';
import { writeBody } from './load/log-bodies.ts';
import { writeRealBody } from './load/real-log-body.ts';
import type { BodyName, PeerStarter } from './peers/bench-peer.ts';
import { collectorPeer } from './peers/collector-peer.ts';
import { gopherShipPeer } from './peers/gophership-peer.ts';
import { makeProfiler } from './profiler.ts';
import { gopherShipName, machineLine, markdownTable } from './report.ts';
import { appendResults, commandLine, today } from './results-file.ts';
import { recordsPerBody } from './scenarios.ts';
import { latencyColumns, measureLatency } from './vault/ack-latency.ts';
import { liveColumns, measureLiveLatency } from './vault/live-latency.ts';
import { measureRecovery, recoveryColumns } from './vault/recovery-time.ts';
import { measureReplay, replayColumns } from './vault/replay-cost.ts';
import type { VaultBench } from './vault/vault-engine.ts';

const { values: flags } = parseArgs({
  options: {
    /** Some of them. */
    only: { type: 'string', default: 'T7,T9,T10' },
    /** Of a run at half load. */
    seconds: { type: 'string', default: '10' },
    /** T9: backlogs in MB of OTLP. The last is replayed beside live load too. */
    backlogs: { type: 'string', default: '256,1024,4096' },
    /** T10: size of the largest vault, before compression. */
    gib: { type: 'string', default: '10' },
    /** T7: some of `gophership,collector`. */
    peers: { type: 'string', default: 'gophership,collector' },
    /** Files whose lines make the "real" body, with commas between; else logs of this system. */
    logs: { type: 'string', default: '' },
    /** No figures: the replay of T9 under the profiler, and where its time went. */
    profile: { type: 'boolean', default: false },
    /** `--no-save`: print only. */
    save: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const checkoutPath = resolve(import.meta.dirname, '..');
const seconds = Number(flags.seconds);
const backlogsBytes = flags.backlogs.split(',').map((megabytes) => Number(megabytes) * 1e6);
const sections: string[] = [];

const directory = temporaryDirectory('bench-vault');
removeWhenInterrupted(directory);
try {
  const files = await writeTo(join(directory.path, 'tls'));
  const sink = await startDiscardSink(files);
  const h2load = await prepareH2Load(directory.path, files);
  const paths = flags.logs.split(',').filter((path) => path !== '');
  const real = writeRealBody(directory.path, paths);
  const bodies = {
    big: writeBody(directory.path, 'big', recordsPerBody.big),
    small: writeBody(directory.path, 'small', recordsPerBody.small),
    real: real.body,
  };
  sections.push(
    [
      `# Vault bench of ${today()}`,
      '',
      `${machineLine()}; \`${commandLine('bench:vault')}\`.`,
      'CPU is user + system of the whole process, MB = 10^6 bytes of OTLP, all connections TLS 1.3 ' +
        'with client certificates. Load generator, engine and sink share the machine.',
      '',
      `- GopherShip is ${await describeCommit(checkoutPath)}.`,
      `- "real" is ${Math.round(real.body.sizeBytes / 1000)} KB: ${real.source}.`,
    ].join('\n'),
  );
  const bench: VaultBench = { files, sink, h2load, bodies, directory: directory.path };
  for (const target of flags.profile ? ['profile'] : flags.only.split(',')) {
    if (target === 'profile') await profileReplay(bench);
    else if (target === 'T7') await reportLatency(bench);
    else if (target === 'T9') await reportReplay(bench);
    else if (target === 'T10') await reportRecovery(bench);
    else throw new Error(`no target is called "${target}"`);
  }
  sink.stop();
} finally {
  directory.remove();
}
const report = `${sections.join('\n\n')}\n`;
process.stdout.write(report);
if (flags.save && !flags.profile) appendResults(report);

async function reportLatency(bench: VaultBench): Promise<void> {
  const rows: string[][] = [];
  for (const body of ['small', 'big', 'real'] satisfies BodyName[]) {
    for (const starter of chooseStarters()) {
      rows.push(await measureLatency(bench, starter, body, seconds));
      process.stderr.write(`T7: ${rows.at(-1)?.join(' | ')}\n`);
    }
  }
  addSection(
    'T7: answers that wait for the disk, at half load',
    'Half of the rate that the same engine has just taken. Requests are sent when they are due, in ' +
      'heaps of 10 ms. Arrived: what the sink got after SIGKILL and a new start.',
    markdownTable(latencyColumns, rows),
  );
}

async function reportReplay(bench: VaultBench): Promise<void> {
  const rows: string[][] = [];
  const largestBytes = Math.max(...backlogsBytes);
  const runs = [
    ...backlogsBytes.map((sizeBytes) => ({ body: 'big', sizeBytes }) as const),
    { body: 'real', sizeBytes: largestBytes / 4 } as const,
    { body: 'small', sizeBytes: largestBytes / 8 } as const,
  ];
  for (const { body, sizeBytes } of runs) {
    rows.push(await measureReplay(bench, body, sizeBytes));
    process.stderr.write(`T9: ${rows.at(-1)?.join(' | ')}\n`);
  }
  addSection(
    'T9: from the vault to the exporter',
    'Filled in Red, stopped, started in Green with a sink over TLS, no processors, no limit to the ' +
      'rate. CPU and rate are those after the start. Files include two spares of 64 MiB and the ' +
      'space for dead letters, which are there from the first start on.',
    markdownTable(replayColumns, rows),
  );
  const { rows: liveRows, proof } = await measureLiveLatency(bench, seconds, largestBytes);
  addSection(
    'T9: live answers while the replay runs',
    `Green, small live requests at half of the full rate, big entries replayed. In all ${proof}.`,
    markdownTable(liveColumns, liveRows),
  );
}

async function profileReplay(bench: VaultBench): Promise<void> {
  const profiler = makeProfiler(directory.path);
  const cells = await measureReplay(bench, 'big', Math.max(...backlogsBytes), profiler.env);
  const table = markdownTable(replayColumns, [cells]);
  addSection('T9 with the profiler on', table, profiler.report(checkoutPath));
}

async function reportRecovery(bench: VaultBench): Promise<void> {
  const gib = Number(flags.gib);
  const { big } = bench.bodies;
  const { rows, proof } = await measureRecovery(bench, big, [0, gib / 10, gib]);
  addSection(
    'T10: a start after kill -9 under load',
    `From the start of the process; the first ack is that of a new connection. ${proof}.`,
    markdownTable(recoveryColumns, rows),
  );
}

function chooseStarters(): PeerStarter[] {
  return flags.peers.split(',').map((name) => {
    if (name === 'gophership') return gopherShipPeer(gopherShipName, checkoutPath);
    if (name === 'collector') return collectorPeer;
    throw new Error(`no peer is called "${name}"`);
  });
}

function addSection(title: string, text: string, table: string): void {
  sections.push([`## ${title}`, text, table].join('\n\n'));
}
