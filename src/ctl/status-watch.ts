// `gs-ctl status --watch`: a line each time the engine tells its status, with rates since the line
// before.

import { timestampMs } from '@bufbuild/protobuf/wkt';
import {
  ControlService,
  type Status,
  type Zone,
} from '../generated/gophership/control/v1/control_pb.js';
import { printable } from '../tls/printable.ts';
import type { ControlClient } from './control-client.ts';
import { streamEnded } from './control-fault.ts';
import { countText, sizeText } from './quantity-text.ts';
import { statusValue } from './status-value.ts';
import { showNext, type Terminal } from './terminal.ts';
import { styled } from './text-style.ts';
import type { Watch } from './watch-again.ts';
import { zoneStyle } from './zone-style.ts';
import { zoneTitle, zoneWord } from './zone-text.ts';

/** For as many connections as it takes, with one line of headings. */
export function statusWatch(terminal: Terminal): Watch {
  let isBegun = false;
  return (client, answered) => {
    if (!isBegun && terminal.format === 'table') terminal.out(line(headings));
    isBegun = true;
    return watchStatus(client, terminal, answered);
  };
}

/** Ends with an error: who watches wants to know when nothing comes any more. */
async function watchStatus(
  client: ControlClient,
  terminal: Terminal,
  answered: () => void,
): Promise<never> {
  const { address } = client;
  let before: Status | undefined;
  const answers = client.watch(ControlService, (control, options) =>
    control.watchStatus({}, options),
  );
  for await (const { event } of answers) {
    answered();
    if (event.case === 'status') {
      const status = event.value;
      const value = { kind: 'Status', address, ...statusValue(status) };
      await showNext(terminal, value, () =>
        coloured(statusLine(before, status), status.zone?.zone, terminal),
      );
      before = status;
    } else if (event.case === 'heartbeat') {
      const zone = event.value;
      const value = { kind: 'Heartbeat', address, zone: zoneWord(zone) };
      await showNext(terminal, value, () =>
        coloured(line(['-', zoneTitle(zone), ...paused]), zone, terminal),
      );
      // Rates over the pause would be of another time.
      before = undefined;
    }
  }
  throw streamEnded(address);
}

const widths = [8, 7, 11, 11, 10, 10, 10, 10, 0] as const;
const headings = [
  ...['TIME', 'ZONE', 'RECORDS/S', 'BYTES/S', 'ACKED/S', 'REFUSED/S', 'IN FLIGHT', 'VAULT'],
  'REASON',
];
const paused = ['-', '-', '-', '-', '-', '-', 'live view paused'];

function statusLine(before: Status | undefined, now: Status): string {
  const { flow, zone, vault } = now;
  const last = before?.flow;
  const elapsedMs =
    before?.time === undefined || now.time === undefined
      ? 0
      : timestampMs(now.time) - timestampMs(before.time);
  const rate = (total: number | undefined, earlier: number | undefined) =>
    total === undefined || earlier === undefined || elapsedMs <= 0
      ? undefined
      : ((total - earlier) * 1_000) / elapsedMs;
  return line([
    now.time === undefined ? '-' : new Date(timestampMs(now.time)).toISOString().slice(11, 19),
    zoneTitle(zone?.zone),
    textOf(rate(flow?.receivedRecords, last?.receivedRecords), countText),
    textOf(rate(flow?.receivedBytes, last?.receivedBytes), sizeText),
    textOf(rate(flow?.ackedBatches, last?.ackedBatches), countText),
    textOf(rate(flow?.refusedBatches, last?.refusedBatches), countText),
    textOf(flow?.inFlightBatches, countText),
    textOf(vault?.usedBytes, sizeText),
    zone?.reason ?? '',
  ]);
}

function textOf(amount: number | undefined, text: (amount: number) => string): string {
  return amount === undefined ? '-' : text(amount);
}

/** The word of the zone stands where the second column begins. */
function coloured(text: string, zone: Zone | undefined, { hasColours = false }: Terminal): string {
  const begin = widths[0] + 2;
  const word = zoneTitle(zone);
  if (!text.startsWith(word, begin)) return text;
  const after = text.slice(begin + word.length);
  return text.slice(0, begin) + styled(word, zoneStyle(zone), hasColours) + after;
}

/** Of fixed columns: later lines are not known yet. */
function line(cells: readonly string[]): string {
  const padded = cells.map((cell, column) => printable(cell).padEnd(widths[column] ?? 0));
  return `${padded.join('  ').trimEnd()}\n`;
}
