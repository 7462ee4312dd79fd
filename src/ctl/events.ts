// `gs-ctl events`: what changed the zone and what operators did, oldest first, and with --watch
// what follows.

import { ControlService } from '../generated/gophership/control/v1/control_pb.js';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { streamEnded } from './control-fault.ts';
import { eventHeadings, eventLine, eventValue } from './event-text.ts';
import { CtlExit } from './exit-code.ts';
import { show, showNext, type Terminal } from './terminal.ts';

export interface EventsFlags extends ControlFlags {
  readonly watch?: boolean;
  /** Undefined: all that are kept. */
  readonly last?: number;
}

export function events(flags: EventsFlags, terminal: Terminal): Promise<CtlExit> {
  return withControl(flags, terminal, (client) =>
    flags.watch
      ? watchEvents(client, flags.last ?? 0, terminal)
      : showEvents(client, flags.last ?? 0, terminal),
  );
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
    events.length === 0 ? 'no events\n' : eventHeadings + events.map(eventLine).join(''),
  );
  return CtlExit.Done;
}

/** Ends with an error: who watches wants to know when nothing comes any more. */
export async function watchEvents(
  client: ControlClient,
  last: number,
  terminal: Terminal,
): Promise<never> {
  if (terminal.format === 'table') terminal.out(eventHeadings);
  const answers = client.watch(ControlService, (control, options) =>
    control.watchEvents({ last }, options),
  );
  for await (const { event } of answers) {
    if (event !== undefined) await showNext(terminal, eventValue(event), () => eventLine(event));
  }
  throw streamEnded(client.address);
}
