// `gophership vault inspect`: every field of META, of a cursor or of a segment and its blocks.

import { show } from '../ctl/terminal.ts';
import { ExitCode, GopherShipError } from '../errors.ts';
import { printable } from '../tls/printable.ts';
import { BlockWalk, Look } from '../vault/block-walk.ts';
import { BlockType, segmentHeaderSizeBytes, unitSizeBytes } from '../vault/format.ts';
import { ioFaultName } from '../vault/io-fault.ts';
import type { LogSegment } from '../vault/log-source.ts';
import type { OfflineLog, OfflineVault } from '../vault/offline.ts';
import { summarizeSegment } from '../vault/offline-segment.ts';
import { ReadStatus } from '../vault/read-status.ts';
import { readSegmentHeader, SegmentHeader } from '../vault/segment-header.ts';
import { U64 } from '../vault/u64.ts';
import { hexId, hexOf, openVault, statusText, timeOfNs, type VaultTerminal } from './vault-cli.ts';
import { readMeta } from './vault-facts.ts';

/** `what`: nothing, a segment's id in hex, `META`, or `cursor` and a name. */
export async function vaultInspect(
  directory: string,
  what: readonly string[],
  terminal: VaultTerminal,
): Promise<ExitCode> {
  const vault = openVault(directory, terminal);
  const value = factsOf(vault, what);
  if (value === undefined) {
    terminal.talk(`error: not found: ${printable(what.join(' '))}\n`);
    return ExitCode.Failure;
  }
  await show(terminal, value, () => lines(value, ''));
  return ExitCode.Ok;
}

type Value = Readonly<Record<string, unknown>>;

function factsOf(vault: OfflineVault, [what, name]: readonly string[]): Value | undefined {
  if (what === undefined) return vaultValue(vault);
  if (what === 'META') return { path: vault.path, meta: metaValue(vault) };
  if (what === 'cursor') {
    if (name === undefined) throw new GopherShipError('CONFIG', 'inspect cursor: which one?');
    const found = vault.cursors.find(({ consumer }) => consumer === name);
    return found && { consumer: found.consumer, slots: cursorValue(found) };
  }
  const segmentId = /^[0-9a-f]{1,16}$/i.test(what) ? Number.parseInt(what, 16) : 0;
  for (const log of [vault.log, vault.deadLetters]) {
    const segment = log?.source.segments.find((candidate) => candidate.segmentId === segmentId);
    if (log !== undefined && segment !== undefined) return segmentValue(vault, log, segment);
  }
  return undefined;
}

function vaultValue(vault: OfflineVault): Value {
  const { log, cursors, quarantine, path } = vault;
  const { report, origin } = log.recovered;
  return {
    path,
    end: { blockSeq: origin.lastBlockSeq, entryEnd: origin.entryEnd },
    next: {
      ...{ epoch: origin.epoch, segmentId: hexId(origin.nextSegmentId) },
      ...{ blockSeq: origin.nextBlockSeq, entrySeq: origin.nextEntrySeq },
    },
    found: report.rows,
    tornBlocks: report.tornBlocks,
    missing: report.missing,
    meta: metaValue(vault),
    cursors: cursors.map(({ consumer }) => consumer),
    segments: log.source.segments.map(({ segmentId }) => hexId(segmentId)),
    notPartOfTheLog: log.source.strangers,
    quarantine,
  };
}

function metaValue(vault: OfflineVault): Value[] {
  return readMeta(vault).map(({ slot, status, isZero }) =>
    status === ReadStatus.Ok ? fields(slot) : { status: isZero ? 'empty' : statusText(status) },
  );
}

function cursorValue({ slots, statuses }: OfflineVault['cursors'][number]): Value[] {
  return slots.map((slot, index) => {
    const status = statuses[index] ?? ReadStatus.NotFound;
    if (status !== ReadStatus.Ok) return { status: statusText(status) };
    const { ranges, ...rest } = slot;
    const list = Array.from({ length: slot.rangeCount }, (_, range) =>
      Array.from(ranges.subarray(2 * range, 2 * range + 2)),
    );
    return { ...fields(rest), ranges: list };
  });
}

function segmentValue(vault: OfflineVault, log: OfflineLog, segment: LogSegment): Value {
  const { footer, ...summary } = summarizeSegment(log, segment);
  const trailer = footer.kind === 'fault' ? undefined : footer.trailer;
  const footerText = footer.kind === 'none' ? statusText(footer.status) : footer.kind;
  return {
    segmentId: hexId(segment.segmentId),
    state: summary.state,
    readFrom: ['header', 'trailer or first block', 'a later block'][segment.source],
    header: headerValue(vault, log, segment),
    log: fields({ lastBlockSeq: segment.lastBlockSeq, entryEnd: segment.entryEnd }),
    footer: footerText,
    trailer: trailer === undefined ? null : fields(trailer),
    storedBytes: summary.storedBytes,
    rawBytes: summary.rawBytes,
    fileBytes: summary.fileBytes,
    blocks: blocksOf(log, segment),
  };
}

function headerValue(vault: OfflineVault, log: OfflineLog, segment: LogSegment): Value {
  const { area, hash, scratchOffsetBytes: at } = vault;
  const opened = log.source.open(segment);
  if (typeof opened === 'number') return { status: ioFaultName(opened) };
  const count = opened.read(area.bytes, at, segmentHeaderSizeBytes, 0);
  opened.close();
  const header = new SegmentHeader();
  const status =
    count === segmentHeaderSizeBytes
      ? readSegmentHeader(area, at, header, hash)
      : ReadStatus.Truncated;
  return status === ReadStatus.Ok ? fields(header) : { status: statusText(status) };
}

const typeNames = new Map(Object.entries(BlockType).map(([name, type]) => [Number(type), name]));

/** Damage has a row of its own. */
function blocksOf({ source }: OfflineLog, segment: LogSegment): Value[] {
  const walk = new BlockWalk(source);
  walk.enter(segment, undefined);
  const blocks: Value[] = [];
  const { lastBlockSeq, entryEnd } = segment;
  const limitBytes = Number.POSITIVE_INFINITY;
  while (walk.blockSeq <= lastBlockSeq) {
    const { offsetBytes, header } = walk;
    const look = walk.look(limitBytes, unitSizeBytes, true);
    if (look === Look.Fault) break;
    if (look === Look.Missing) {
      blocks.push({ offsetBytes, damaged: statusText(walk.status) });
      const bounds = { limitBytes, lastBlockSeq, entrySeq: 0, entryEnd };
      if (walk.search(bounds) !== Look.Block) break;
      continue;
    }
    const damage = look === Look.DamagedBody ? { damaged: statusText(walk.status) } : {};
    const type = typeNames.get(header.type) ?? String(header.type);
    blocks.push({ offsetBytes, ...fields(header), type, ...damage });
    walk.pass();
  }
  walk.close();
  return blocks;
}

/** Fields of a structure as they read: hashes in hex, times as times. */
function fields(structure: object): Value {
  const shown = Object.entries(structure).map(([name, value]: [string, unknown]) => {
    if (value instanceof U64)
      return [name, name.endsWith('Ns') ? (timeOfNs(value) ?? null) : hexOf(value)];
    if (value instanceof Uint8Array) return [name, Buffer.from(value).toString('hex')];
    return [name, name === 'segmentId' || name === 'prevSegmentId' ? hexId(Number(value)) : value];
  });
  return Object.fromEntries(shown);
}

/** `name: value`, nested ones indented. */
function lines(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return `${printable(String(value))}\n`;
  return Object.entries(value)
    .map(([name, inner]: [string, unknown]) => {
      const isLeaf = typeof inner !== 'object' || inner === null;
      const label = Array.isArray(value) ? `- ${name}` : name;
      if (isLeaf) return `${indent}${label}: ${lines(inner, '')}`;
      const nested = lines(inner, `${indent}  `);
      return `${indent}${label}:${nested === '' ? ' none\n' : `\n${nested}`}`;
    })
    .join('');
}
