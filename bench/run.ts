// `npm run bench`: GopherShip and the OpenTelemetry Collector in the same run, in alternating
// rounds, with the same load and the same sink. Prints the figures and writes them below
// bench/results/. Needs h2load (Debian package nghttp2-client), a C compiler and Go.

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeTo } from '../test/support/certificates.ts';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { describeCommit } from './commit.ts';
import { removeWhenInterrupted } from './interrupt.ts';
import { startDiscardSink } from './load/discard-sink.ts';
import { prepareH2Load } from './load/h2-load.ts';
import { type LogBody, writeBody } from './load/log-bodies.ts';
import { writeRealBody } from './load/real-log-body.ts';
import type { PeerStarter } from './peers/bench-peer.ts';
import { collectorPeer } from './peers/collector-peer.ts';
import { gopherShipPeer } from './peers/gophership-peer.ts';
import { profileScenario } from './profile.ts';
import { gopherShipName, renderReport, type ScenarioFigures } from './report.ts';
import { appendResults, commandLine, today } from './results-file.ts';
import { measureScenario } from './rounds.ts';
import { recordsPerBody, type Scenario, scenarios } from './scenarios.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    /** Only scenarios whose title contains this. */
    only: { type: 'string', default: '' },
    /** Share of the usual number of requests. */
    scale: { type: 'string', default: '1' },
    /** Some of `gophership,before,collector`. */
    peers: { type: 'string', default: 'gophership,before,collector' },
    /**
     * Another checkout of GopherShip (`git worktree add`, then `npm ci` in it), measured in the
     * same rounds as "GopherShip before".
     */
    baseline: { type: 'string' },
    /** Files whose lines make the "real" body, with commas between; else logs of this system. */
    logs: { type: 'string', default: '' },
    /** No figures: one scenario of GopherShip under the profiler, and where its time went. */
    profile: { type: 'boolean', default: false },
    /** `--no-save`: print only. */
    save: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const checkoutPath = resolve(import.meta.dirname, '..');
const baselinePath = flags.baseline === undefined ? undefined : resolve(flags.baseline);
const rounds = Number(flags.rounds);
const notes: string[] = [];

const directory = temporaryDirectory('bench');
removeWhenInterrupted(directory);
try {
  const files = await writeTo(join(directory.path, 'tls'));
  const sink = await startDiscardSink(files);
  const h2load = await prepareH2Load(directory.path, files);
  const bench = { files, sink, h2load, directory: directory.path };
  const chosen = scenarios.filter(({ title }) => title.includes(flags.only));
  const [first] = chosen;
  if (first === undefined) throw new Error(`no scenario has "${flags.only}" in its title`);
  const bodies = writeBodies(chosen);
  if (flags.profile) {
    const requests = requestsOf(first);
    const text = await profileScenario(bench, checkoutPath, first, bodies(first), requests);
    process.stdout.write(text);
  } else {
    const starters = await chooseStarters();
    const figures: ScenarioFigures[] = [];
    for (const scenario of chosen) {
      const counts = { rounds, requests: requestsOf(scenario) };
      figures.push(await measureScenario(bench, starters, scenario, bodies(scenario), counts));
    }
    saveReport(figures);
  }
  sink.stop();
} finally {
  directory.remove();
}

function requestsOf(scenario: Scenario): number {
  return Math.ceil(scenario.requests * Number(flags.scale));
}

/** The real body only where it is asked for, as it needs files of the machine. */
function writeBodies(chosen: readonly Scenario[]): (scenario: Scenario) => LogBody {
  const big = writeBody(directory.path, 'big', recordsPerBody.big);
  const small = writeBody(directory.path, 'small', recordsPerBody.small);
  if (!chosen.some(({ body }) => body === 'real')) {
    return ({ body }) => (body === 'big' ? big : small);
  }
  const paths = flags.logs.split(',').filter((path) => path !== '');
  const { body: real, source } = writeRealBody(directory.path, paths);
  notes.push(`"real" is ${Math.round(real.sizeBytes / 1000)} KB: ${source}.`);
  const bodies = { big, small, real };
  return ({ body }) => bodies[body];
}

async function chooseStarters(): Promise<PeerStarter[]> {
  const starters: PeerStarter[] = [];
  for (const name of flags.peers.split(',')) {
    if (name === 'gophership') {
      starters.push(gopherShipPeer(gopherShipName, checkoutPath));
      notes.push(`GopherShip is ${await describeCommit(checkoutPath)}.`);
    } else if (name === 'collector') {
      starters.push(collectorPeer);
    } else if (name !== 'before') {
      throw new Error(`no peer is called "${name}"`);
    } else if (baselinePath !== undefined) {
      starters.push({ ...gopherShipPeer('GopherShip before', baselinePath), isEarlier: true });
      notes.push(`GopherShip before is ${await describeCommit(baselinePath)}.`);
    }
  }
  return starters;
}

function saveReport(figures: readonly ScenarioFigures[]) {
  const command = commandLine('bench');
  const report = renderReport({ date: today(), command, rounds, notes }, figures);
  process.stdout.write(`${report}\n`);
  if (flags.save) appendResults(report);
}
