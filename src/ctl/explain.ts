// `gs-ctl explain`: why the zone is what it is, what would have to move for it to be left, and the
// evidence of its last changes.

import {
  ControlService,
  type Event,
  type ExplainResponse,
} from '../generated/gophership/control/v1/control_pb.js';
import { printable } from '../tls/printable.ts';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { eventHeadings, eventLine, eventValue } from './event-text.ts';
import { CtlExit } from './exit-code.ts';
import { signalTable, toLeave } from './signal-table.ts';
import { overrideText, spanText, zoneText } from './status-table.ts';
import { show, type Terminal } from './terminal.ts';
import { styled } from './text-style.ts';
import { zoneStyle } from './zone-style.ts';
import { msOf, signalValue, zoneValue } from './zone-value.ts';

export interface ExplainFlags extends ControlFlags {
  /** So many changes of the zone. */
  readonly last: number;
}

export function explain(flags: ExplainFlags, terminal: Terminal): Promise<CtlExit> {
  return withControl(flags, terminal, (client) => showExplanation(client, flags.last, terminal));
}

export async function showExplanation(
  client: ControlClient,
  last: number,
  terminal: Terminal,
): Promise<CtlExit> {
  const [explanation, { events }] = await Promise.all([
    client.call(ControlService, (control, options) => control.explain({}, options)),
    // All of them: what operators did is among them.
    client.call(ControlService, (control, options) => control.listEvents({}, options)),
  ]);
  const changes = events.filter(({ event }) => event.case === 'zoneChange').slice(-last);
  const value = {
    kind: 'Explanation',
    address: client.address,
    zone: zoneValue(explanation.zone),
    signals: explanation.signals.map(signalValue),
    holding: explanation.holding,
    dwellLeftMs: msOf(explanation.dwellLeft),
    lastHeldBy: explanation.lastHeldBy,
    absent: explanation.absent,
    changes: changes.map(eventValue),
  };
  await show(terminal, value, () => table(explanation, changes, terminal.hasColours === true));
  return CtlExit.Done;
}

function table(
  explanation: ExplainResponse,
  changes: readonly Event[],
  hasColours: boolean,
): string {
  const { zone, signals, lastHeldBy, absent } = explanation;
  const zoneWords = styled(printable(zoneText(zone)), zoneStyle(zone?.zone), hasColours);
  const facts: readonly (readonly [name: string, text: string | undefined])[] = [
    ['reason', zone?.reason],
    ['override', overrideText(zone)],
    ['note', zone?.observesOnly ? 'zones.observe_only: the zone does not act' : undefined],
    ...leaving(explanation).map((text) => ['to leave it', text] as const),
    ['last held by', listed(lastHeldBy)],
    ['not on this host', listed(absent)],
  ];
  return [
    `${'zone:'.padEnd(18)}${zoneWords}, for ${spanText(zone?.duration)}\n`,
    ...facts.map(([name, text]) => (text ? `${`${name}:`.padEnd(18)}${printable(text)}\n` : '')),
    `\n${signalTable(signals, hasColours)}`,
    changes.length === 0
      ? ''
      : `\n${eventHeadings}${changes.map((event) => eventLine(event, hasColours)).join('')}`,
  ].join('');
}

function listed(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.join(', ');
}

/** What keeps the zone from getting better. */
function leaving({ signals, holding, dwellLeft }: ExplainResponse): string[] {
  const held = signals
    .filter(({ name }) => holding.includes(name))
    .map((signal) => `${signal.name} has to ${toLeave(signal) ?? 'change'}`);
  return dwellLeft === undefined ? held : [...held, `${spanText(dwellLeft)} more of calm`];
}
