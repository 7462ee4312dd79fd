// `npm run bench:reflex`: what T5, T6, T8, T11 and T12 of the targets ask: a flood with a dead
// downstream in a memory box, how fast the zone acts, what an idle engine costs, and what of a
// flood goes to the garbage collector. Prints the figures and appends them to the file of the day
// below bench/results/. Everything is stored below TMPDIR, which must be on a disk, and removed.
// Needs root (memory cgroups), h2load and, for the peer, Go.

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeTo } from '../test/support/certificates.ts';
import { boxUnavailable } from '../test/support/memory-box.ts';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { describeCommit } from './commit.ts';
import { removeWhenInterrupted } from './interrupt.ts';
import { startDiscardSink } from './load/discard-sink.ts';
import { prepareH2Load } from './load/h2-load.ts';
import { writeBody } from './load/log-bodies.ts';
import type { Bench } from './measurement.ts';
import { type FloodShape, floodColumns, measureFlood } from './reflex/flood.ts';
import type { FloodPeer } from './reflex/flood-peer.ts';
import { floodedCollector, floodedCollectors } from './reflex/flooded-collector.ts';
import { floodedGopherShip } from './reflex/flooded-gophership.ts';
import { garbageColumns, measureGarbage } from './reflex/garbage.ts';
import { idleColumns, measureIdle } from './reflex/idle-cost.ts';
import { measureReflex, reflexColumns } from './reflex/reflex-time.ts';
import { machineLine, markdownTable } from './report.ts';
import { appendResults, commandLine, today } from './results-file.ts';
import { recordsPerBody } from './scenarios.ts';

const { values: flags } = parseArgs({
  options: {
    /** Some of them. */
    only: { type: 'string', default: 'T5,T6,T8,T11,T12' },
    /** Of T5; a flood of T6 has a quarter of it, the peer half of each. */
    seconds: { type: 'string', default: '60' },
    /** Some of `gophership,collector`. */
    peers: { type: 'string', default: 'gophership,collector' },
    /** `--no-save`: print only. */
    save: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const checkoutPath = resolve(import.meta.dirname, '..');
const seconds = Number(flags.seconds);
const sections: string[] = [];

const directory = temporaryDirectory('bench-reflex');
removeWhenInterrupted(directory);
try {
  const files = await writeTo(join(directory.path, 'tls'));
  const sink = await startDiscardSink(files);
  const h2load = await prepareH2Load(directory.path, files);
  const bench: Bench = { files, sink, h2load, directory: directory.path };
  sections.push(
    [
      `# Reflex bench of ${today()}`,
      '',
      `${machineLine()}; \`${commandLine('bench:reflex')}\`.`,
      'MB = 10^6 bytes of OTLP, all connections TLS 1.3 with client certificates. Load generator, ' +
        'engine and sink share the machine.',
      '',
      `- GopherShip is ${await describeCommit(checkoutPath)}.`,
    ].join('\n'),
  );
  const reports: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
    T5: (given) => reportFlood(given, 'T5', [floodOf(16, 128, seconds)], floodedCollectors),
    T6: reportCrowds,
    T8: reportReflex,
    T11: reportIdle,
    T12: reportGarbage,
  };
  for (const target of flags.only.split(',')) {
    const report = reports[target];
    if (report === undefined) throw new Error(`no target is called "${target}"`);
    await report(bench);
  }
  sink.stop();
} finally {
  directory.remove();
}
const report = `${sections.join('\n\n')}\n`;
process.stdout.write(report);
if (flags.save) appendResults(report);

async function reportCrowds(bench: Bench): Promise<void> {
  const short = Math.max(5, seconds / 4);
  const beside = { ...floodOf(64, 384, short), idleConnections: 2_000 };
  const title = `${beside.title}, 2,000 idle ones beside them`;
  await reportFlood(
    bench,
    'T6',
    [floodOf(64, 128, short), floodOf(400, 256, short), { ...beside, title }],
    [floodedCollector],
  );
}

function floodOf(connections: number, boxMiB: number, floodSeconds: number): FloodShape {
  return {
    title: `${connections} connections, ${boxMiB} MiB`,
    ...{ boxMiB, connections, streamsPerConnection: 8, seconds: floodSeconds },
  };
}

async function reportFlood(
  bench: Bench,
  target: string,
  shapes: readonly FloodShape[],
  collectors: readonly FloodPeer[],
): Promise<void> {
  const reason = boxUnavailable();
  if (reason !== undefined) throw new Error(`no memory box here: ${reason}`);
  const body = writeBody(directory.path, 'big', recordsPerBody.big);
  const rows: string[][] = [];
  for (const shape of shapes) {
    for (const peer of floodPeers(collectors)) {
      rows.push(await measureFlood(bench, peer, shape, body));
      process.stderr.write(`${target}: ${rows.at(-1)?.join(' | ')}\n`);
    }
  }
  addSection(
    `${target}: a flood with a dead downstream`,
    `Each connection has 8 requests of ${Math.round(body.sizeBytes / 1000)} KB in flight, for ` +
      `${shapes.map((shape) => Math.round(shape.seconds)).join(', ')} s, half of that for the peer. The box is a memory cgroup ` +
      'without swap; its peak leaves out the page cache. Broken: requests that got no answer, and ' +
      'connections that were ended. Found: after SIGKILL, on disk; ours by `gophership vault ' +
      "verify`, the peer's by what a sink got from a new start.",
    markdownTable(floodColumns, rows),
  );
}

function floodPeers(collectors: readonly FloodPeer[]): FloodPeer[] {
  return flags.peers.split(',').flatMap((name) => {
    if (name === 'gophership') return [floodedGopherShip];
    if (name === 'collector') return collectors;
    throw new Error(`no peer is called "${name}"`);
  });
}

async function reportReflex(bench: Bench): Promise<void> {
  addSection(
    'T8: how fast the zone acts',
    'In the process of the engine, small requests at it all the time. From the sample: the call ' +
      'that takes the first sample above a threshold begins; the next batch is in the ring to the ' +
      'vault thread. Without memory: a shard that fails to get a slab is Red in the same call; the ' +
      'time until its next batch is whole is the time that the producers take. The host is read ' +
      'as in operation.',
    markdownTable(reflexColumns, await measureReflex(bench)),
  );
}

async function reportIdle(bench: Bench): Promise<void> {
  const hasPeer = flags.peers.split(',').includes('collector');
  addSection(
    'T11: what an idle engine costs',
    'Default settings, a destination and a vault, no connections. Both idle at the same time. ' +
      'Start: median of single starts before, with compiled code kept.',
    markdownTable(idleColumns, await measureIdle(bench, hasPeer)),
  );
}

async function reportGarbage(bench: Bench): Promise<void> {
  addSection(
    'T12: garbage',
    "Red at full load, under V8's sampling profiler: share of the busy time of each thread.",
    markdownTable(garbageColumns, await measureGarbage(bench, checkoutPath)),
  );
}

function addSection(title: string, text: string, table: string): void {
  sections.push([`## ${title}`, text, table].join('\n\n'));
}
