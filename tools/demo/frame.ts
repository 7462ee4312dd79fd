// What the visitor sees at one moment: a few lines of 80 columns. Pure: a frame goes in, lines come
// out, so that it can be tested without a terminal.

import { worse, type ZoneName } from './zone-name.ts';

export interface Frame {
  readonly elapsedMs: number;
  readonly phase: string;
  readonly zone: ZoneName;
  readonly megabytesPerSecond: number;
  readonly requestsPerSecond: number;
  /** NaN when nothing was acknowledged lately. */
  readonly ackP99Ms: number;
  readonly vaultBytes: number;
  readonly vaultLimitBytes: number;
  readonly ackedBatches: number;
  readonly deliveredBatches: number;
  readonly replayedBatches: number;
  readonly waitingBatches: number;
  /** By the engine's own word; undefined once it has said that something is wrong. */
  readonly lostBatches: number | undefined;
  readonly refusedCalls: number;
  readonly memoryBytes: number;
  readonly memoryPeakBytes: number;
  readonly memoryLimitBytes: number;
  /** The worst zone of each second so far. */
  readonly zoneBySecond: readonly ZoneName[];
}

export const frameWidth = 80;

export function frameLines(frame: Frame, hasColour: boolean): string[] {
  const { zone, zoneBySecond } = frame;
  const zoneWord = paint(zone.toUpperCase(), zone, hasColour);
  const seconds = `${Math.floor(frame.elapsedMs / 1000)} s`;
  return [
    headline(`GopherShip with ${mib(frame.memoryLimitBytes)} of memory`, seconds),
    '',
    `phase      ${frame.phase}`,
    `zone       ${zoneWord}${' '.repeat(9 - zone.length)}${zoneMeaning[zone]}`,
    row('in', [
      `${frame.megabytesPerSecond.toFixed(1)} MB/s`,
      `${whole(frame.requestsPerSecond)} requests/s`,
      `ack p99 ${Number.isNaN(frame.ackP99Ms) ? '-' : `${whole(frame.ackP99Ms)} ms`}`,
    ]),
    row('vault', [
      gauge(frame.vaultBytes, frame.vaultLimitBytes),
      `${whole(frame.waitingBatches)} wait`,
    ]),
    row('memory', [
      gauge(frame.memoryBytes, frame.memoryLimitBytes),
      `peak ${mib(frame.memoryPeakBytes)}`,
    ]),
    row('batches', [
      `acked ${whole(frame.ackedBatches)}`,
      `delivered ${whole(frame.deliveredBatches)}`,
      `replayed ${whole(frame.replayedBatches)}`,
    ]),
    row('', [`refused ${whole(frame.refusedCalls)}`, `LOST ${lost(frame)}`]),
    '',
    `zones      ${ribbon(zoneBySecond, hasColour)}`,
  ];
}

/** The same for a log: one line of at most 80 columns. */
export function plainLine(frame: Frame): string {
  const p99 = Number.isNaN(frame.ackP99Ms) ? '-' : `${whole(frame.ackP99Ms)}ms`;
  return [
    `${Math.floor(frame.elapsedMs / 1000)}s`.padStart(4),
    frame.zone.toUpperCase().padEnd(6),
    `${frame.megabytesPerSecond.toFixed(0)}MB/s`.padStart(7),
    `p99 ${p99}`.padEnd(10),
    `vault ${(frame.vaultBytes / 2 ** 30).toFixed(1)} GiB`,
    `acked ${frame.ackedBatches}`,
    `delivered ${frame.deliveredBatches}`,
    `lost ${lost(frame)}`,
  ].join(' ');
}

function lost({ lostBatches }: Frame): string {
  return lostBatches === undefined ? '?' : whole(lostBatches);
}

/** One letter a second, or the worst of several where there are more than fit. */
function ribbon(zones: readonly ZoneName[], hasColour: boolean): string {
  const secondsPerLetter = Math.max(1, Math.ceil(zones.length / ribbonWidth));
  let letters = '';
  for (let at = 0; at < zones.length; at += secondsPerLetter) {
    const worst = zones.slice(at, at + secondsPerLetter).reduce(worse);
    letters += paint(worst[0] ?? '', worst, hasColour);
  }
  return letters;
}

const labelWidth = 11;
const ribbonWidth = frameWidth - labelWidth;
const cellWidth = 21;
const gaugeBarWidth = 20;

const zoneMeaning: Readonly<Record<ZoneName, string>> = {
  Green: 'everything is done: enriched, exported, replayed',
  Yellow: 'only what is urgent is done',
  Red: 'no logic: raw bytes to the disk, then the answer',
};

/** Background colours that black letters can be read on, which the ribbon needs too. */
const paints: Readonly<Record<ZoneName, string>> = {
  Green: '\u001b[30;42m',
  Yellow: '\u001b[30;43m',
  Red: '\u001b[97;41m',
};

function paint(text: string, zone: ZoneName, hasColour: boolean): string {
  return hasColour ? `${paints[zone]}${text}\u001b[0m` : text;
}

function headline(left: string, right: string): string {
  return `${left}${right.padStart(frameWidth - left.length)}`;
}

function row(label: string, cells: readonly string[]): string {
  const padded = cells.map((cell) => cell.padEnd(cellWidth));
  return `${label.padEnd(labelWidth)}${padded.join(' ')}`.trimEnd();
}

/** `#####...............  1.2 of 4.0 GiB` */
function gauge(value: number, max: number): string {
  const filled = Math.round(gaugeBarWidth * Math.min(1, Math.max(0, value / max)));
  const bar = `${'#'.repeat(filled)}${'.'.repeat(gaugeBarWidth - filled)}`;
  const amounts = max >= 2 ** 30 ? `${gib(value)} of ${gib(max)}` : `${mib(value)} of ${mib(max)}`;
  return `${bar}  ${amounts}`.padEnd(2 * cellWidth + 1);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
