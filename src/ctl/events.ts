// `gs-ctl events`: what changed the zone and what operators did, oldest first, and with --watch
// what follows.

import { equals } from '@bufbuild/protobuf';
import {
  ControlService,
  type Event,
  EventSchema,
} from '../generated/gophership/control/v1/control_pb.js';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { streamEnded } from './control-fault.ts';
import { eventHeadings, eventLine, eventValue } from './event-text.ts';
import { CtlExit } from './exit-code.ts';
import { show, showNext, type Terminal } from './terminal.ts';
import { type Watch, watchAgain } from './watch-again.ts';

export interface EventsFlags extends ControlFlags {
  readonly watch?: boolean;
  /** Undefined: all that are kept. */
  readonly last?: number;
}

export function events(flags: EventsFlags, terminal: Terminal): Promise<CtlExit> {
  const { last = 0 } = flags;
  if (flags.watch) return watchAgain(flags, terminal, eventsWatch(last, terminal));
  return withControl(flags, terminal, (client) => showEvents(client, last, terminal));
}

/** @param last 0: all that are kept */
export async function showEvents(
  client: ControlClient,
  last: number,
  terminal: Terminal,
): Promise<CtlExit> {
  const { events } = await client.call(ControlService, (control, options) =>
    control.listEvents({ last }, options),
  );
  await show(terminal, { kind: 'EventList', events: events.map(eventValue) }, () =>
    events.length === 0
      ? 'no events\n'
      : eventHeadings + events.map((event) => eventLine(event, terminal.hasColours)).join(''),
  );
  return CtlExit.Done;
}

/** For as many connections as it takes: each one goes on after the event that was shown last. */
export function eventsWatch(last: number, terminal: Terminal): Watch {
  let newest: Event | undefined;
  let isBegun = false;
  return async (client, answered) => {
    if (!isBegun && terminal.format === 'table') terminal.out(eventHeadings);
    isBegun = true;
    // It may be hours until there is an event: this tells now that it works.
    let skip = await countUpTo(newest, client);
    answered();
    const answers = client.watch(ControlService, (control, options) =>
      control.watchEvents({ last: newest === undefined ? last : 0 }, options),
    );
    for await (const { event } of answers) {
      if (event === undefined) continue;
      if (skip > 0) {
        // The list may have lost its oldest meanwhile: then it comes sooner than it was counted.
        skip = isSame(event, newest) ? 0 : skip - 1;
        continue;
      }
      newest = event;
      await showNext(terminal, eventValue(event), () => eventLine(event, terminal.hasColours));
    }
    throw streamEnded(client.address);
  };
}

/** Of the events that the engine keeps; 0: none of them was shown. */
async function countUpTo(newest: Event | undefined, client: ControlClient): Promise<number> {
  const { events } = await client.call(ControlService, (control, options) =>
    control.listEvents({}, options),
  );
  return events.findLastIndex((event) => isSame(event, newest)) + 1;
}

function isSame(event: Event, other: Event | undefined): boolean {
  return other !== undefined && equals(EventSchema, event, other);
}
