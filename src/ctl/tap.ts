// `gs-ctl tap`: a sample of the records that come in, a line each, as they come.

import { TapService } from '../generated/gophership/control/v1/tap_pb.js';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { streamEnded } from './control-fault.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import type { TapMatchFlag } from './flag-value.ts';
import { progressText, recordHeadings, recordLine, recordValue } from './tap-text.ts';
import { showNext, type Terminal } from './terminal.ts';
import { zoneTitle } from './zone-text.ts';

export interface TapFlags extends ControlFlags {
  readonly match: readonly TapMatchFlag[];
  /** Undefined: without an end. */
  readonly limit?: number;
}

export function tap(flags: TapFlags, terminal: Terminal): Promise<CtlExit> {
  return withControl(flags, terminal, (client) => showTap(client, flags, terminal));
}

/** Without a limit it ends with an error: who looks wants to know when nothing comes any more. */
export async function showTap(
  client: ControlClient,
  { match: matches, limit = 0 }: Pick<TapFlags, 'match' | 'limit'>,
  terminal: Terminal,
): Promise<CtlExit> {
  // A program reads stderr for an error alone.
  const talk = (text: string) => terminal.format === 'table' && terminal.talk(`${text}\n`);
  const answers = client.watch(TapService, (service, options) =>
    service.tap({ matches: [...matches], limit }, options),
  );
  let shownCount = 0;
  let [isBegun, isPaused] = [false, false];
  try {
    for await (const { event } of answers) {
      // Not above the words of an engine that refuses.
      if (!isBegun && terminal.format === 'table') terminal.out(recordHeadings);
      isBegun = true;
      if (event.case === 'record') {
        const record = event.value;
        await showNext(terminal, recordValue(record), () => recordLine(record));
        shownCount += 1;
      } else if (event.case === 'heartbeat') {
        if (!isPaused) talk(`paused: the zone is ${zoneTitle(event.value)}`);
        isPaused = true;
      } else if (event.case === 'progress') {
        if (isPaused) talk('goes on: the zone is Red no longer');
        isPaused = false;
        if (limit > 0 && shownCount >= limit) talk(progressText(shownCount, event.value));
      }
    }
  } catch (error) {
    throw refusal(error);
  }
  if (limit > 0 && shownCount >= limit) return CtlExit.Done;
  throw streamEnded(client.address);
}

function refusal(error: unknown): unknown {
  if (!(error instanceof CtlError) || error.code !== 'CONTROL_TAP_PAUSED') return error;
  const hint = '`gs-ctl explain` says why it is Red, and what has to move for it to be left';
  return new CtlError(error.code, CtlExit.No, error.message, hint);
}
