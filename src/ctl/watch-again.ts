// What `--watch` does when the engine goes away: says so, and asks again until it is back. Only a
// watch that has worked goes on; and what no waiting mends, as a role that is gone, ends it.

import { printable } from '../tls/printable.ts';
import { errorValue } from './all-contexts.ts';
import { Backoff } from './backoff.ts';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { asCtlError, type CtlError } from './ctl-error.ts';
import { durationText } from './quantity-text.ts';
import { showNext, type Terminal } from './terminal.ts';

/** Calls `answered` for whatever the engine tells. Ends only with an error. */
export type Watch = (client: ControlClient, answered: () => void) => Promise<never>;

export interface WatchAgainParts {
  readonly connect: typeof withControl;
  readonly pause: (ms: number) => Promise<void>;
  readonly backoff: Backoff;
  /** In place of saying that it is gone, and when it will be asked again. */
  readonly lost?: typeof tellLost;
}

export async function watchAgain(
  flags: ControlFlags,
  terminal: Terminal,
  watch: Watch,
  { connect, pause, backoff, lost = tellLost }: WatchAgainParts = realParts(),
): Promise<never> {
  let hasAnswered = false;
  const answered = () => {
    hasAnswered = true;
    backoff.reset();
  };
  for (;;) {
    try {
      await connect(flags, terminal, (client) => watch(client, answered));
    } catch (fault) {
      const error = asCtlError(fault);
      if (error === undefined || !hasAnswered || !isPassing(error)) throw fault;
      const againMs = backoff.nextMs();
      await lost(error, againMs, terminal);
      await pause(againMs);
    }
  }
}

/** An engine that restarts shows each of these. */
export function isPassing({ code }: CtlError): boolean {
  return passingCodes.has(code);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

const passingCodes: ReadonlySet<CtlError['code']> = new Set([
  'UNREACHABLE',
  'TIMEOUT',
  'DRAINING',
  'CONTROL_BUSY',
  // Who closes a connection before the first word may be about to stop.
  'TLS_PEER',
] as const);

function realParts(): WatchAgainParts {
  return { connect: withControl, pause, backoff: new Backoff() };
}

/** Programs find it among what they read: something may be missing between its neighbours. */
async function tellLost(error: CtlError, againInMs: number, terminal: Terminal): Promise<void> {
  if (terminal.format !== 'table') {
    const value = { kind: 'Disconnected', error: errorValue(error), againInMs };
    return showNext(terminal, value, () => '');
  }
  const { code, message } = error;
  const again = `trying again in ${durationText(againInMs)}`;
  terminal.talk(`warning: ${code}: ${printable(message)}; ${again}\n`);
}
