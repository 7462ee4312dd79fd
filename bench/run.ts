// `npm run bench`: GopherShip and the OpenTelemetry Collector in the same run, in alternating
// rounds, with the same load and the same sink. Prints the figures and writes them below
// bench/results/. Needs h2load (Debian package nghttp2-client), a C compiler and Go.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CertificateFiles, writeTo } from '../test/support/certificates.ts';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { startDiscardSink } from './load/discard-sink.ts';
import { prepareH2Load } from './load/h2-load.ts';
import { type LogBody, writeBody } from './load/log-bodies.ts';
import { type Bench, measureRound, type Round } from './measurement.ts';
import type { BenchPeer } from './peers/bench-peer.ts';
import { startCollectorPeer } from './peers/collector-peer.ts';
import { startGopherShipPeer } from './peers/gophership-peer.ts';
import { renderReport, type ScenarioFigures } from './report.ts';
import { recordsPerBody, type Scenario, scenarios } from './scenarios.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    /** Only scenarios whose title contains this. */
    only: { type: 'string', default: '' },
    /** Share of the usual number of requests. */
    scale: { type: 'string', default: '1' },
    /** `gophership,collector`, or one of them. */
    peers: { type: 'string', default: 'gophership,collector' },
    /** `--no-save`: print only. */
    save: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const rounds = Number(flags.rounds);
const starters = flags.peers
  .split(',')
  .map((name) => (name === 'collector' ? startCollectorPeer : startGopherShipPeer));

const directory = temporaryDirectory('bench');
try {
  const files = await writeTo(join(directory.path, 'tls'));
  const sink = await startDiscardSink(files);
  const bench = { files, sink, h2load: await prepareH2Load(directory.path, files) };
  const bodies = {
    big: writeBody(directory.path, 'big', recordsPerBody.big),
    small: writeBody(directory.path, 'small', recordsPerBody.small),
  };
  const figures: ScenarioFigures[] = [];
  for (const scenario of scenarios.filter(({ title }) => title.includes(flags.only))) {
    figures.push(await measureScenario(bench, scenario, bodies[scenario.body]));
  }
  sink.stop();
  saveReport(figures);
} finally {
  directory.remove();
}

/** Every engine gets a round to warm up; then they take turns, so that a slow spell hits all. */
async function measureScenario(
  bench: Bench & { files: CertificateFiles },
  scenario: Scenario,
  body: LogBody,
): Promise<ScenarioFigures> {
  const { files, sink } = bench;
  const requests = Math.ceil(scenario.requests * Number(flags.scale));
  const peers: BenchPeer[] = [];
  for (const start of starters) {
    peers.push(await start({ path: scenario.path, files, sinkPort: sink.port }));
  }
  for (const peer of peers) {
    await measureRound(bench, peer, scenario, body, Math.ceil(requests / 4));
  }
  const results: Round[][] = peers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, peer] of peers.entries()) {
      const result = await measureRound(bench, peer, scenario, body, requests);
      results[index]?.push(result);
      const perCpu = Math.round(result.megabytesPerCpuSecond);
      process.stderr.write(`${scenario.title}: ${peer.name}: ${perCpu} MB/cpu-s\n`);
    }
  }
  const figures = peers.map((peer, index) => ({
    name: peer.name,
    rounds: results[index] ?? [],
    rssPeakBytes: peer.usage().rssPeakBytes,
  }));
  for (const peer of peers) await peer.stop();
  return { scenario, peers: figures };
}

function saveReport(figures: readonly ScenarioFigures[]) {
  const date = new Date().toISOString().slice(0, 10);
  const args = process.argv.slice(2);
  const command = ['npm run bench', ...(args.length > 0 ? ['--'] : []), ...args].join(' ');
  const report = renderReport({ date, command, rounds }, figures);
  process.stdout.write(`${report}\n`);
  if (!flags.save) return;
  const resultsPath = new URL('./results/', import.meta.url).pathname;
  mkdirSync(resultsPath, { recursive: true });
  writeFileSync(join(resultsPath, `${date}.md`), report);
}
