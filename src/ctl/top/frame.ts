// One frame of `gs-ctl top`: from the state to as many lines as the screen has, each as wide as the
// screen. Knows nothing of terminals.

import { dim } from '../text-style.ts';
import { allotted, type Wish } from './allotment.ts';
import { destinationLines } from './destination-lines.ts';
import { dialogLines } from './dialog-lines.ts';
import { eventLines } from './event-lines.ts';
import { flowLines, flowRowsMax } from './flow-lines.ts';
import { footerLine } from './footer-line.ts';
import type { Glyphs } from './glyphs.ts';
import { headerLines, isStale } from './header-lines.ts';
import { helpLines } from './help-lines.ts';
import { ledgerLines } from './ledger-lines.ts';
import { fitted, type Line } from './line.ts';
import type { PaneSpace, ScrolledSpace } from './pane.ts';
import { signalCount, signalLines } from './signal-lines.ts';
import { type Scrolled, shownLive, type TopState } from './top-state.ts';
import { replayLine, vaultLine } from './vault-lines.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export function frame(state: TopState, size: ScreenSize, nowMs: number, glyphs: Glyphs): Line[] {
  const { columns: width, rows } = size;
  const live = shownLive(state);
  const header = headerLines(state, width, nowMs);
  const { dialog } = state;
  const sheet = dialog === undefined ? [] : dialogLines(dialog, width, glyphs);
  const footer = footerLine(state, width, nowMs);
  const left = rows - header.length - sheet.length - 1;
  const body = bodyLines(state, { live, glyphs, width, rows: Math.max(0, left) });
  const empty = fitted([], width);
  const above = [...header, ...body];
  // Where there is no room for all of it, what somebody is asked stays.
  const shown = above.slice(0, Math.max(0, rows - sheet.length - 1));
  while (shown.length < rows - sheet.length - 1) shown.push(empty);
  return [...shown, ...sheet, footer].slice(-Math.max(1, rows)).slice(0, rows);
}

function bodyLines(state: TopState, space: PaneSpace): Line[] {
  const { view, scroll } = state;
  const whole = (name: Scrolled): ScrolledSpace => ({
    ...space,
    scroll: scroll[name],
    hasFocus: false,
  });
  switch (view) {
    case 'help':
      return helpLines(whole('help'));
    case 'events':
      return eventLines(whole('events'), 'date');
    case 'ledger':
      return ledgerLines(whole('ledger'));
    case 'main':
      return mainLines(state, space);
    default:
      return view satisfies never;
  }
}

type Part = 'signals' | 'flow' | 'vault' | 'replay' | 'destinations' | 'events';

function mainLines(state: TopState, space: PaneSpace): Line[] {
  const { live } = space;
  const { filter } = state;
  const signals = 1 + Math.max(1, signalCount({ live, filter }));
  const destinations = 1 + Math.max(1, live.status?.destinations.length ?? 0);
  const events = 1 + Math.max(1, live.events.length);
  const wishes: Wish<Part>[] = [
    { name: 'signals', rows: 2 },
    { name: 'flow', rows: 2 },
    { name: 'vault', rows: 1 },
    { name: 'replay', rows: 1 },
    { name: 'signals', rows: 4 },
    { name: 'flow', rows: 4 },
    { name: 'events', rows: 2 },
    { name: 'destinations', rows: 2 },
    { name: 'flow', rows: 6 },
    { name: 'events', rows: Math.min(events, 4) },
    { name: 'signals', rows: Math.min(signals, 8) },
    { name: 'destinations', rows: Math.min(destinations, 5) },
    { name: 'flow', rows: flowRowsMax },
    { name: 'signals', rows: signals },
    { name: 'events', rows: Math.min(events, 12) },
    { name: 'destinations', rows: destinations },
    { name: 'events', rows: space.rows },
  ];
  const rows = allotted(space.rows, wishes);
  const of = (name: Part): PaneSpace => ({ ...space, rows: rows.get(name) ?? 0 });
  const scrolled = (name: Extract<Part, Scrolled>): ScrolledSpace => ({
    ...of(name),
    scroll: state.scroll[name],
    hasFocus: state.pane === name,
  });
  const figures = [
    ...signalLines({ ...scrolled('signals'), filter }),
    ...flowLines(of('flow')),
    ...destinationLines(scrolled('destinations')),
    ...(rows.has('vault') ? [vaultLine(space)] : []),
    ...(rows.has('replay') ? [replayLine(space)] : []),
  ];
  // Events come whatever the zone is.
  return [
    ...(isStale(live) ? figures.map(greyed) : figures),
    ...eventLines(scrolled('events'), 'clock'),
  ];
}

function greyed(of: Line): Line {
  return of.map(({ text }) => ({ text, style: dim }));
}
