// Before anything is changed: whoever sits at the terminal is asked; elsewhere the answer has to be
// on the command line.

import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Returns if it may be done. The plan has been shown. */
export async function confirm(isYes: boolean, terminal: Terminal): Promise<void> {
  if (isYes) return;
  if (terminal.ask === undefined) {
    throw new CtlError(
      'NOT_CONFIRMED',
      CtlExit.Usage,
      'nobody is there to be asked, and --yes is not given; nothing was changed',
      'the same with --yes',
    );
  }
  const answer = await terminal.ask('Do it? [y/N] ');
  if (/^\s*(y|yes)\s*$/i.test(answer)) return;
  throw new CtlError('NOT_CONFIRMED', CtlExit.No, 'nothing was changed', 'answer y to do it');
}
