// What is in an engine that is emptied, as people read it and as programs get it.

import type { Drain } from '../generated/gophership/control/v1/drain_pb.js';
import { printable } from '../tls/printable.ts';
import { countText } from './quantity-text.ts';
import { batchesText, etaText, momentText } from './replay-text.ts';
import { columns } from './terminal.ts';
import { msOf, timeOf } from './zone-value.ts';

export function drainTable(drain: Drain): string {
  const headings = ['DRAINS', 'EMPTY', 'IN FLIGHT', 'QUEUED', 'IN VAULT', 'ETA', 'CONNECTIONS'];
  const row = [
    drain.isStopping ? 'stops' : drain.isDraining ? 'yes' : 'no',
    drain.isEmpty ? 'yes' : 'no',
    countText(drain.inFlightBatches),
    countText(drain.queuedBatches),
    countText(drain.vaultBatches),
    etaText(drain),
    countText(drain.openConnections),
  ];
  const notes = [
    ...(drain.isDraining ? [drainText(drain)] : []),
    ...drain.waitsFor.map((text) => `waits: ${text}`),
    ...deadLetterNotes(drain),
  ];
  return `${columns([...headings], [row])}${notes.map((text) => `${printable(text)}\n`).join('')}`;
}

export function drainValue(drain: Drain) {
  const { $typeName: _, $unknown: __, since, eta, ...rest } = drain;
  return { ...rest, since: timeOf(since), etaMs: msOf(eta) };
}

/** Who drains it, since when, why. */
export function drainText({ by, since, reason }: Drain): string {
  const when = since === undefined ? '' : ` since ${momentText(since)}`;
  return `drained by ${by}${when}${reason === '' ? '' : `: ${reason}`}`;
}

/** What is in it, in one line. */
export function inItText(drain: Drain): string {
  const { inFlightBatches, queuedBatches, vaultBatches, eta, waitsFor, isEmpty } = drain;
  if (isEmpty) return 'nothing in flight, queued or in the vault';
  const soon = eta === undefined || vaultBatches === 0 ? '' : `, about ${etaText(drain)}`;
  const counts = [
    `${batchesText(inFlightBatches)} in flight`,
    `${countText(queuedBatches)} queued`,
    `${countText(vaultBatches)} in the vault${soon}`,
  ];
  return printable([counts.join(', '), ...waitsFor].join('; '));
}

/** Nothing is left, and nobody has sent anything since the look before. */
export function isQuiet(before: Drain, now: Drain): boolean {
  return before.isEmpty && now.isEmpty && before.receivedBatches === now.receivedBatches;
}

function deadLetterNotes({ deadLetterBatches }: Drain): string[] {
  if (deadLetterBatches === 0) return [];
  return [`stays: ${batchesText(deadLetterBatches)} in the dead letter`];
}
