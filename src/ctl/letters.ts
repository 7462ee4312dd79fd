// `gs-ctl vault dead-letter redrive` and `purge`: what becomes of batches that were set aside. Both
// look first, say what would be, and ask.

import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type DeadLetterChoice,
  DeadLetterChoiceSchema,
  type DeadLetterOutcome,
  DeadLetterService,
  type RedriveDeadLettersResponse,
} from '../generated/gophership/control/v1/letters_pb.js';
import { confirm } from './confirm.ts';
import { type ControlClient, withControl } from './control-client.ts';
import { streamEnded } from './control-fault.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import type { LettersFlags, LettersVerb } from './letters-flags.ts';
import { choiceText, isNothing, outcomeTable, outcomeValue, planLines } from './letters-text.ts';
import { countOf } from './quantity-text.ts';
import { isPlanShown, showPlan } from './show-plan.ts';
import { show, type Terminal } from './terminal.ts';

export function workLetters(
  verb: LettersVerb,
  flags: LettersFlags,
  terminal: Terminal,
): Promise<CtlExit> {
  checkFlags(verb, flags);
  return withControl(flags, terminal, (client) => changeLetters(client, verb, flags, terminal));
}

export async function changeLetters(
  client: ControlClient,
  verb: LettersVerb,
  flags: LettersFlags,
  terminal: Terminal,
): Promise<CtlExit> {
  checkFlags(verb, flags);
  const isAsked = flags.dryRun !== true && isPlanShown(flags.yes, terminal);
  if (flags.dryRun === true || isAsked) {
    const plan = await outcome(client, verb, { ...flags, dryRun: true }, terminal);
    if (flags.dryRun === true || isNothing(plan)) {
      return showOutcome(client, verb, plan, true, terminal);
    }
    const lines = planLines(verb, client.address, choiceText(flags), plan, flags.reason);
    showPlan(flags, terminal, { lines, undo: undoText[verb] });
  }
  client.keepAlive();
  await confirm(flags.yes === true, terminal);
  return showOutcome(client, verb, await outcome(client, verb, flags, terminal), false, terminal);
}

const undoText = {
  redrive: 'none: what is sent is sent; what is refused again becomes a dead letter again',
  purge: 'none: they are gone; `gs-ctl vault dead-letter show` keeps one, before that',
} as const;

/** Of the engine, which says so too; here it costs no connection. */
function checkFlags(verb: LettersVerb, flags: LettersFlags): void {
  const { all = false, from, to, beforeMs, reason = '', dryRun } = flags;
  const isBound = from !== undefined || to !== undefined || beforeMs !== undefined;
  if (all === isBound) {
    const message = all
      ? '--all is all of them: it goes with no --from, --to or --before'
      : 'say which letters: --all, or --from, --to or --before';
    throw usage(message, '`gs-ctl vault dead-letter ls` shows their numbers');
  }
  if (from !== undefined && to !== undefined && from > to) {
    throw usage('--from is behind --to', 'both are among those that are meant');
  }
  if (verb === 'purge' && dryRun !== true && reason.trim() === '') {
    throw usage('a purge needs --reason', 'say why, for whoever reads the audit log');
  }
}

function usage(message: string, hint: string): CtlError {
  return new CtlError('USAGE', CtlExit.Usage, message, hint);
}

/** As long as it takes: the engine says every second how far it is. */
async function outcome(
  client: ControlClient,
  verb: LettersVerb,
  flags: LettersFlags,
  terminal: Terminal,
): Promise<DeadLetterOutcome> {
  const dryRun = flags.dryRun === true;
  const request = { choice: choiceOf(flags), dryRun, reason: flags.reason ?? '' };
  const answers = client.watch<typeof DeadLetterService, LettersAnswer>(
    DeadLetterService,
    (service, options) =>
      verb === 'redrive'
        ? service.redriveDeadLetters(request, options)
        : service.purgeDeadLetters(request, options),
  );
  for await (const { outcome: soFar, isComplete } of answers) {
    if (soFar === undefined) continue;
    if (isComplete) return soFar;
    // A program reads stderr for an error alone.
    if (terminal.format !== 'table') continue;
    terminal.talk(`${dryRun ? 'counting' : verb}: ${countOf(soFar.letters, 'letter')} so far\n`);
  }
  throw streamEnded(client.address);
}

/** Of both calls. */
type LettersAnswer = Pick<RedriveDeadLettersResponse, 'outcome' | 'isComplete'>;

function choiceOf({ all, from, to, beforeMs }: LettersFlags): DeadLetterChoice {
  return create(DeadLetterChoiceSchema, {
    all: all === true,
    ...(from === undefined ? {} : { fromEntrySeq: from }),
    ...(to === undefined ? {} : { toEntrySeq: to }),
    ...(beforeMs === undefined ? {} : { receivedBefore: timestampFromMs(beforeMs) }),
  });
}

/** Exit 1 if it ended early. */
async function showOutcome(
  { address }: ControlClient,
  verb: LettersVerb,
  result: DeadLetterOutcome,
  dryRun: boolean,
  terminal: Terminal,
): Promise<CtlExit> {
  const value = { kind: 'DeadLetterOutcome', address, action: verb, dryRun };
  await show(terminal, { ...value, ...outcomeValue(result) }, () =>
    outcomeTable(verb, result, dryRun),
  );
  return result.stopped === '' ? CtlExit.Done : CtlExit.No;
}
