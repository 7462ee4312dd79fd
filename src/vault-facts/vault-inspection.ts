// Every field of META, of a cursor, or of a segment and its blocks, named as the code names it.

import { BlockWalk, Look } from '../vault/block-walk.ts';
import { BlockType, segmentHeaderSizeBytes, unitSizeBytes } from '../vault/format.ts';
import { ioFaultName } from '../vault/io-fault.ts';
import type { LogSegment } from '../vault/log-source.ts';
import type { OfflineLog, OfflineVault } from '../vault/offline.ts';
import { summarizeSegment } from '../vault/offline-segment.ts';
import { ReadStatus } from '../vault/read-status.ts';
import { readSegmentHeader, SegmentHeader } from '../vault/segment-header.ts';
import { U64 } from '../vault/u64.ts';
import { hexId, hexOf, statusText, timeOfNs } from './fact-text.ts';
import { readMeta } from './vault-state.ts';

/** Plain data: text, finite numbers, truth values, null, and lists and records of them. */
export type Facts = Readonly<Record<string, unknown>>;

export interface Inspection {
  readonly facts: Facts;
  /** Of a segment, one after the other; undefined: it is none. */
  readonly blocks: Iterable<Facts> | undefined;
}

/**
 * `what`: nothing, a segment's id in hex, `META`, or `cursor` and a name. Undefined: there is none.
 */
export function inspectVault(
  vault: OfflineVault,
  [what = '', name = '']: readonly string[],
): Inspection | undefined {
  if (what === '') return { facts: vaultFacts(vault), blocks: undefined };
  if (what === 'META') {
    return { facts: { path: vault.path, meta: metaFacts(vault) }, blocks: undefined };
  }
  if (what === 'cursor') {
    const found = vault.cursors.find(({ consumer }) => consumer === name);
    if (found === undefined) return undefined;
    return {
      facts: { consumer: found.consumer, slots: cursorFacts(found) },
      blocks: undefined,
    };
  }
  const segmentId = /^[0-9a-f]{1,16}$/i.test(what) ? Number.parseInt(what, 16) : 0;
  for (const log of [vault.log, vault.deadLetters]) {
    const segment = log?.source.segments.find((candidate) => candidate.segmentId === segmentId);
    if (log === undefined || segment === undefined) continue;
    return { facts: segmentFacts(vault, log, segment), blocks: blocksOf(log, segment) };
  }
  return undefined;
}

function vaultFacts(vault: OfflineVault): Facts {
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
    meta: metaFacts(vault),
    cursors: cursors.map(({ consumer }) => consumer),
    segments: log.source.segments.map(({ segmentId }) => hexId(segmentId)),
    notPartOfTheLog: log.source.strangers,
    quarantine,
  };
}

function metaFacts(vault: OfflineVault): Facts[] {
  return readMeta(vault).map(({ slot, status, isZero }) =>
    status === ReadStatus.Ok ? fields(slot) : { status: isZero ? 'empty' : statusText(status) },
  );
}

function cursorFacts({ slots, statuses }: OfflineVault['cursors'][number]): Facts[] {
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

function segmentFacts(vault: OfflineVault, log: OfflineLog, segment: LogSegment): Facts {
  const { footer, ...summary } = summarizeSegment(log, segment);
  const trailer = footer.kind === 'fault' ? undefined : footer.trailer;
  const footerText = footer.kind === 'none' ? statusText(footer.status) : footer.kind;
  return {
    segmentId: hexId(segment.segmentId),
    state: summary.state,
    readFrom: ['header', 'trailer or first block', 'a later block'][segment.source],
    header: headerFacts(vault, log, segment),
    log: fields({ lastBlockSeq: segment.lastBlockSeq, entryEnd: segment.entryEnd }),
    footer: footerText,
    trailer: trailer === undefined ? null : fields(trailer),
    storedBytes: summary.storedBytes,
    rawBytes: summary.rawBytes,
    fileBytes: summary.fileBytes,
  };
}

function headerFacts(vault: OfflineVault, log: OfflineLog, segment: LogSegment): Facts {
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
function* blocksOf({ source }: OfflineLog, segment: LogSegment): Generator<Facts> {
  const walk = new BlockWalk(source);
  walk.enter(segment, undefined);
  const { lastBlockSeq, entryEnd } = segment;
  const limitBytes = Number.POSITIVE_INFINITY;
  while (walk.blockSeq <= lastBlockSeq) {
    const { offsetBytes, header } = walk;
    const look = walk.look(limitBytes, unitSizeBytes, true);
    if (look === Look.Fault) break;
    if (look === Look.Missing) {
      yield { offsetBytes, damaged: statusText(walk.status) };
      const bounds = { limitBytes, lastBlockSeq, entrySeq: 0, entryEnd };
      if (walk.search(bounds) !== Look.Block) break;
      continue;
    }
    const damage = look === Look.DamagedBody ? { damaged: statusText(walk.status) } : {};
    const type = typeNames.get(header.type) ?? String(header.type);
    yield { offsetBytes, ...fields(header), type, ...damage };
    walk.pass();
  }
  walk.close();
}

/** Fields of a structure as they read: hashes in hex, times as times. */
function fields(structure: object): Facts {
  const shown = Object.entries(structure).map(([name, value]: [string, unknown]) => {
    if (value instanceof U64)
      return [name, name.endsWith('Ns') ? (timeOfNs(value) ?? null) : hexOf(value)];
    if (value instanceof Uint8Array) return [name, Buffer.from(value).toString('hex')];
    return [name, name === 'segmentId' || name === 'prevSegmentId' ? hexId(Number(value)) : value];
  });
  return Object.fromEntries(shown);
}
