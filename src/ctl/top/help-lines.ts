// What each key does, on the whole screen.

import { bold } from '../text-style.ts';
import { fitted, type Line, line, span } from './line.ts';
import { heading, pageOf, paneName, type ScrolledSpace } from './pane.ts';

export function helpLines(space: ScrolledSpace): Line[] {
  const { rows, width, scroll } = space;
  if (rows <= 0) return [];
  const all = keys.map(([key, text]) => line(span(`  ${key.padEnd(12)}`, bold), text));
  const page = pageOf(all, rows - 1, scroll);
  return [
    heading(paneName('KEYS', space), width, page.note),
    ...page.items.map((of) => fitted(of, width)),
  ];
}

const keys: readonly (readonly [string, string])[] = [
  ['?', 'this help, and back'],
  ['q', 'quit; so does Ctrl-C'],
  ['e', 'events on the whole screen, and back'],
  ['l', 'ledger: where every batch went, and back'],
  ['/', 'only signals whose names have this in them; Esc shows all again'],
  ['Tab', 'next pane: signals, destinations, events'],
  ['up down', 'move the pane; also k, j, PgUp, PgDn, Home'],
  ['Space', 'freeze the screen, and go on'],
  ['o', 'hold a zone for a time, or end that (role operator)'],
  ['p', 'pause the replay, or resume it (role operator)'],
  ['Esc', 'back'],
  ['Ctrl-L', 'draw the screen anew'],
  ['Ctrl-Z', 'suspend; fg comes back'],
  ['', ''],
  ['gauges', 'the further to the right, the closer to Red; ticks are thresholds'],
  ['to leave Red', 'in Red the engine tells only its zone: figures stay as they were'],
];
