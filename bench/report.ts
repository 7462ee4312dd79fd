// The figures of one run as a small Markdown file, with what is needed to judge them: machine,
// kernel, Node version, date and command.

import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import type { Drain } from './drain.ts';
import type { Round } from './measurement.ts';
import type { Scenario } from './scenarios.ts';

/** The engine of this checkout, which is compared with each of the others. */
export const gopherShipName = 'GopherShip';

export interface PeerFigures {
  readonly name: string;
  readonly rounds: readonly Round[];
  readonly rssPeakBytes: number;
  /** Where requests are answered because they are on disk. */
  readonly drain: Drain | undefined;
}

/** An engine that could not run a scenario, because it does not have what that needs. */
export interface AbsentPeer {
  readonly name: string;
  readonly why: string;
}

export interface ScenarioFigures {
  readonly scenario: Scenario;
  readonly peers: readonly PeerFigures[];
  readonly absent: readonly AbsentPeer[];
}

export interface RunDescription {
  readonly date: string;
  readonly command: string;
  readonly rounds: number;
  /** What the reader must know beside the figures: commits, where bodies come from. */
  readonly notes: readonly string[];
}

const columns = [
  ...['scenario', 'engine', 'MB/cpu-s', 'req/cpu-s', 'MB/s wall', 'req/s wall', 'CPUs used'],
  ...['mean ms', 'peak RSS MB', 'arrived / acknowledged'],
];

export function renderReport(run: RunDescription, figures: readonly ScenarioFigures[]): string {
  return [
    `# Bench of ${run.date}`,
    '',
    `${machineLine()}; \`${run.command}\`.`,
    `Median of ${run.rounds} alternating rounds. CPU is user + system of the whole process, ` +
      'MB = 10^6 bytes of OTLP received, all connections TLS 1.3 with client certificates. ' +
      'Load generator, engine and sink share the machine: wall rates are no limits.',
    '',
    ...run.notes.map((note) => `- ${note}`),
    '',
    markdownTable(
      columns,
      figures.flatMap(({ scenario, peers, absent }) => [
        ...peers.map((peer) => row(scenario, peer)),
        ...absent.map((peer) => absentRow(scenario, peer)),
      ]),
    ),
    '',
    ...figures.flatMap(ratios),
    ...figures.flatMap(drains),
    ...figures.flatMap(({ scenario, absent }) =>
      absent.map(({ name, why }) => `- ${scenario.title}: ${name} could not run it: ${why}`),
    ),
    '',
  ].join('\n');
}

export function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), `|${'---|'.repeat(columns.length)}`, ...rows.map(line)].join('\n');
}

/** What figures must not be read without. */
export function machineLine(): string {
  return (
    `Machine: ${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} CPUs, ` +
    `${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, ${distribution()}; ` +
    `Node ${process.version}`
  );
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

// `-` where nothing is sent on; otherwise both numbers are records of all rounds and must be equal.
// Where they go to disk they are of the whole life, and more may arrive than was acknowledged.
function row(scenario: Scenario, peer: PeerFigures): string[] {
  const { name, rounds, rssPeakBytes } = peer;
  const of = (pick: (round: Round) => number) => whole(median(rounds.map(pick)));
  const failed = sum(rounds.map((round) => round.failedRequests));
  const refused = sum(rounds.map((round) => round.refusedRequests));
  return [
    ...[scenario.title, name],
    ...[of((round) => round.megabytesPerCpuSecond), of((round) => round.requestsPerCpuSecond)],
    ...[of((round) => round.megabytesPerSecond), of((round) => round.requestsPerSecond)],
    median(rounds.map((round) => round.cpusUsed)).toFixed(2),
    median(rounds.map((round) => round.latencyMeanMs)).toFixed(1),
    whole(rssPeakBytes / 1e6),
    [
      arrivals(scenario, peer),
      ...(failed === 0 ? [] : [`${failed} requests failed`]),
      ...(refused === 0 ? [] : [`${refused} refused`]),
    ].join(', '),
  ];
}

function arrivals({ path }: Scenario, { rounds, drain }: PeerFigures): string {
  if (drain !== undefined) return `${drain.arrivedRecords} / ${drain.acknowledgedRecords}`;
  const acknowledged = sum(rounds.map((round) => round.acknowledgedRecords));
  if (path !== 'forward') return `- / ${acknowledged}`;
  return `${sum(rounds.map((round) => round.arrivedRecords ?? 0))} / ${acknowledged}`;
}

/** What the proof of durability took, as a line of its own: start and sink included. */
function drains({ scenario, peers }: ScenarioFigures): string[] {
  return peers.flatMap(({ name, drain }) => {
    if (drain === undefined) return [];
    const { acknowledgedRecords, arrivedRecords, storedBytes, cpuSeconds } = drain;
    return [
      `- ${scenario.title}: ${name}, killed with SIGKILL and started again, sent ${arrivedRecords} ` +
        `records (${acknowledgedRecords} acknowledged) from ${whole(storedBytes / 1e6)} MB of files ` +
        `in ${cpuSeconds.toFixed(1)} CPU-seconds`,
    ];
  });
}

function absentRow(scenario: Scenario, { name }: AbsentPeer): string[] {
  return [scenario.title, name, 'not run', ...columns.slice(3).map(() => '-')];
}

function ratios({ scenario, peers }: ScenarioFigures): string[] {
  const ours = peers.find(({ name }) => name === gopherShipName);
  if (ours === undefined) return [];
  const perCpu = (peer: PeerFigures) =>
    median(peer.rounds.map((round) => round.megabytesPerCpuSecond));
  const others = peers.filter((peer) => peer !== ours);
  return others.map((other) => {
    const ratio = (perCpu(ours) / perCpu(other)).toFixed(2);
    return `- ${scenario.title}: ${ratio} times ${other.name} per CPU-second`;
  });
}

function distribution(): string {
  const release = readFileSync('/etc/os-release', 'utf8');
  return /^PRETTY_NAME="(.*)"$/m.exec(release)?.[1] ?? 'unknown distribution';
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
