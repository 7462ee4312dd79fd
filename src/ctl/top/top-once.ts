// `gs-ctl top --once`: one frame on stdout, as wide as the terminal, for a report or a look from a
// script.

import type { Clock } from '../../clock.ts';
import { ControlService } from '../../generated/gophership/control/v1/control_pb.js';
import { HistoryService } from '../../generated/gophership/control/v1/history_pb.js';
import type { ControlClient } from '../control-client.ts';
import { asCtlError } from '../ctl-error.ts';
import { CtlExit } from '../exit-code.ts';
import { readStatus } from '../status.ts';
import type { Terminal } from '../terminal.ts';
import type { frame, ScreenSize } from './frame.ts';
import { glyphsFor } from './glyphs.ts';
import { painted, plainText } from './line.ts';
import { type Sample, samplesMax, samplesOf } from './samples.ts';
import { initialState, type TopState } from './top-state.ts';
import { eventsMax } from './top-update.ts';

export async function topOnce(
  client: ControlClient,
  terminal: Terminal,
  clock: Clock,
  draw: typeof frame,
): Promise<CtlExit> {
  const [status, { events }, samples] = await Promise.all([
    readStatus(client),
    client.call(ControlService, (control, options) =>
      control.listEvents({ last: eventsMax }, options),
    ),
    historySamples(client),
  ]);
  const empty = initialState(client.address);
  const nowMs = clock.nowMs();
  const live = { ...empty.live, status, statusMs: nowMs, events, samples };
  const state: TopState = { ...empty, live };
  // Its last line says which keys there are: here are none.
  const lines = draw(state, sizeOf(terminal), nowMs, glyphsFor(terminal.environment)).slice(0, -1);
  const last = lines.findLastIndex((line) => plainText(line) !== '');
  const hasColours = terminal.hasColours === true;
  for (const line of lines.slice(0, last + 1)) {
    terminal.out(`${hasColours ? painted(line, true) : plainText(line)}\n`);
  }
  return CtlExit.Done;
}

/** None: the engine keeps none. */
async function historySamples(client: ControlClient): Promise<Sample[]> {
  try {
    const history = await client.call(HistoryService, (service, options) =>
      service.getHistory({ last: samplesMax }, options),
    );
    return samplesOf(history);
  } catch (error) {
    if (asCtlError(error)?.code === 'UNSUPPORTED') return [];
    throw error;
  }
}

/** Of the terminal, else as COLUMNS and LINES say. */
function sizeOf({ size, environment }: Terminal): ScreenSize {
  const columns = size?.columns || wholeNumber(environment.COLUMNS) || 80;
  const rows = size?.rows || wholeNumber(environment.LINES) || 24;
  return { columns, rows };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined;
}
