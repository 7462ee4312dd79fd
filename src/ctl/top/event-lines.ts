// The events, the newest at the bottom: a few of them below the rest, or all of them on the whole
// screen.

import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Event } from '../../generated/gophership/control/v1/control_pb.js';
import { eventWords } from '../event-text.ts';
import { dim } from '../text-style.ts';
import { fitted, type Line, line, span } from './line.ts';
import { heading, pageOf, paneName, type ScrolledSpace } from './pane.ts';

/** @param timeFormat the whole time takes more room */
export function eventLines(space: ScrolledSpace, timeFormat: 'clock' | 'date'): Line[] {
  const { live, rows, width, scroll } = space;
  if (rows <= 0) return [];
  const { events } = live;
  const size = rows - 1;
  const page = pageOf(events, size, Math.max(0, events.length - size - scroll));
  const lines = page.items.map((event) => fitted(eventLine(event, timeFormat), width));
  const nothing = events.length === 0 && rows > 1 ? [fitted(line('  none yet'), width)] : lines;
  return [heading(paneName('EVENTS', space), width, page.note), ...nothing];
}

function eventLine(event: Event, timeFormat: 'clock' | 'date'): Line {
  const { kind, detail, style } = eventWords(event);
  const { time } = event;
  const at = time === undefined ? '-' : new Date(timestampMs(time)).toISOString();
  const shown = timeFormat === 'date' ? at.replace('T', ' ').replace('Z', '') : at.slice(11, 19);
  return line(span(` ${shown}  `, dim), `${kind.padEnd(8)}  `, span(detail, style));
}
