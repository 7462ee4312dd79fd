// A status as people read it: who and which zone, why, what flows, where it goes, what the vault
// has.

import { durationMs } from '@bufbuild/protobuf/wkt';
import {
  type Destination,
  Destination_State,
  type Flow,
  type ReplayStatus,
  type Status,
  type VaultStatus,
  Zone,
  type ZoneStatus,
} from '../generated/gophership/control/v1/control_pb.js';
import { printable } from '../tls/printable.ts';
import { countText, durationText, latencyText, sizeText } from './quantity-text.ts';
import { signalTable } from './signal-table.ts';
import { destinationState } from './status-value.ts';
import { type Cell, columns } from './terminal.ts';
import { plain, type TextStyle } from './text-style.ts';
import { zoneStyle } from './zone-style.ts';
import { zoneTitle } from './zone-text.ts';

export function statusTable(status: Status, hasColours = false): string {
  const parts = [
    zoneTable(status, hasColours),
    ...zoneNotes(status),
    signalTable(status.signals, hasColours),
    ...(status.flow === undefined ? [] : [flowTable(status.flow)]),
    destinationTable(status.destinations, hasColours),
    vaultTable(status.vault, status.replay, hasColours),
  ];
  return parts.join('\n');
}

/** "Yellow", or "Yellow (asked for: Red)" while something else than the signals decides. */
export function zoneText(zone: ZoneStatus | undefined): string {
  if (zone === undefined || zone.computedZone === zone.zone) return zoneTitle(zone?.zone);
  return `${zoneTitle(zone.zone)} (signals ask for ${zoneTitle(zone.computedZone)})`;
}

export function zoneCell(zone: ZoneStatus | undefined): Cell {
  return { text: zoneText(zone), style: zoneStyle(zone?.zone) };
}

/** The override in a sentence; undefined: none. */
export function overrideText(zone: ZoneStatus | undefined): string | undefined {
  const override = zone?.override;
  if (override === undefined) return undefined;
  const left = override.left === undefined ? 'no end' : `${spanText(override.left)} left`;
  const overruled = override.isOverruled ? '; overruled, because memory is short' : '';
  const { by, reason } = override;
  return printable(`${zoneTitle(override.zone)} by ${by}, ${left}: ${reason}${overruled}`);
}

export function spanText(duration: Parameters<typeof durationMs>[0] | undefined): string {
  return duration === undefined ? '-' : durationText(durationMs(duration));
}

export function destinationStyle(state: Destination_State): TextStyle {
  switch (state) {
    case Destination_State.DOWN:
      return zoneStyle(Zone.RED);
    case Destination_State.PROBING:
      return zoneStyle(Zone.YELLOW);
    default: // one that works is no news
      return plain;
  }
}

export function vaultStyle({ state }: VaultStatus): TextStyle {
  return state === 'open' ? plain : zoneStyle(Zone.RED);
}

function zoneTable(status: Status, hasColours: boolean): string {
  const { host, version, uptime, zone } = status;
  const headings = ['HOST', 'VERSION', 'UP', 'ZONE', 'FOR', 'REASON'];
  const row = [host, version, spanText(uptime), zoneCell(zone), spanText(zone?.duration)];
  return columns(headings, [[...row, zone?.reason ?? '']], hasColours);
}

function zoneNotes({ zone, isDraining }: Status): string[] {
  const override = overrideText(zone);
  const notes = [
    ...(override === undefined ? [] : [`override: ${override}`]),
    ...(zone?.observesOnly ? ['zones.observe_only: the zone is computed and does not act'] : []),
    ...(isDraining ? ['draining: nothing more should be sent to it'] : []),
  ];
  return notes.length === 0 ? [] : [`${notes.join('\n')}\n`];
}

function flowTable(flow: Flow): string {
  const headings = ['FLOW', 'BATCHES', 'RECORDS', 'BYTES'];
  const { receivedBatches, receivedRecords, receivedBytes } = flow;
  const rows = [
    ['received', countText(receivedBatches), countText(receivedRecords), sizeText(receivedBytes)],
    ['acked', countText(flow.ackedBatches), countText(flow.ackedRecords), '-'],
    ['acked by vault', countText(flow.vaultedBatches), '-', '-'],
    ['refused', countText(flow.refusedBatches), '-', '-'],
    ['in flight', countText(flow.inFlightBatches), '-', sizeText(flow.inFlightBytes)],
  ];
  const connections = `connections: ${flow.openConnections} open, ${flow.parkedConnections} parked\n`;
  return `${columns(headings, rows)}${ackText(flow)}${connections}`;
}

function ackText({ ackP50Ms, ackP99Ms }: Flow): string {
  if (ackP50Ms === undefined || ackP99Ms === undefined) return '';
  const [p50, p99] = [ackP50Ms, ackP99Ms].map(latencyText);
  return `acked within: ${p50} (p50), ${p99} (p99) over the last minute\n`;
}

function destinationTable(destinations: readonly Destination[], hasColours: boolean): string {
  const headings = [
    ...['DESTINATION', 'STATE', 'REQUIRED', 'DELIVERED', 'RECORDS', 'REJECTED', 'DROPPED'],
    ...['QUEUED', 'REQUESTS', 'FAILED', 'IN VAULT'],
  ];
  const rows = destinations.map((destination) => [
    destination.id,
    { text: destinationState(destination.state), style: destinationStyle(destination.state) },
    destination.isRequired ? 'yes' : 'no',
    countText(destination.deliveredBatches),
    countText(destination.deliveredRecords),
    countText(destination.rejectedRecords),
    countText(destination.droppedRecords),
    countText(destination.queuedBatches),
    countText(destination.inFlightRequests),
    countText(destination.failedRequests),
    countText(destination.vaultBatches),
  ]);
  return columns(headings, rows, hasColours);
}

function vaultTable(
  vault: VaultStatus | undefined,
  replay: ReplayStatus | undefined,
  hasColours: boolean,
): string {
  if (vault === undefined) return 'vault: none\n';
  const headings = [
    ...['VAULT', 'USED', 'LIMIT', 'SEGMENTS', 'APPENDED', 'LOST', 'DROPPED', 'DEAD LETTERS'],
    ...['DIRECT I/O', 'REPLAY', 'REPLAYED', 'WAITING', 'ETA'],
  ];
  const row = [
    { text: vault.state, style: vaultStyle(vault) },
    sizeText(vault.usedBytes),
    sizeText(vault.limitBytes),
    countText(vault.segmentCount),
    countText(vault.appendedBatches),
    countText(vault.lostBatches),
    countText(vault.droppedBatches),
    countText(vault.deadLetters),
    vault.usesDirectIo ? 'yes' : 'no',
    replay?.state ?? '-',
    countText(replay?.replayedBatches ?? 0),
    countText(replay?.waitingBatches ?? 0),
    spanText(replay?.eta),
  ];
  return columns(headings, [row], hasColours);
}
