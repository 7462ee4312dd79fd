// The procedures of the dead-letter service. What changes something is one line of the audit, done,
// ended early or refused; a dry run changes nothing.

import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { GopherShipError } from '../errors.ts';
import type {
  DeadLetterChoice,
  DeadLetterOutcome,
  DeadLetterService,
} from '../generated/gophership/control/v1/letters_pb.js';
import { callerKey } from './caller-key.ts';
import type { ServiceParts } from './control-service.ts';
import { checkedChoice, outcomeMessage, outcomeText } from './letter-message.ts';
import type { LetterCommandView, LetterOutcomeView, LettersView } from './letters-view.ts';
import { type MutationCall, mutationCall, reasonFault } from './mutation-call.ts';
import { rpcFault } from './rpc-fault.ts';

interface LettersRequest {
  readonly choice?: DeadLetterChoice | undefined;
  readonly dryRun: boolean;
  readonly reason: string;
}

interface LettersAnswer {
  readonly outcome: DeadLetterOutcome;
  readonly isComplete: boolean;
}

export function letterService(parts: ServiceParts): ServiceImpl<typeof DeadLetterService> {
  const { audit } = parts;

  function letters(): LettersView {
    const view = parts.view();
    if (view === undefined) throw rpcFault('CONTROL_STARTING', 'the engine is still starting');
    if (view.letters !== undefined) return view.letters;
    throw view.hasVault
      ? rpcFault('CONTROL_CONFLICT', 'the vault could not be opened; the log says why')
      : rpcFault('CONTROL_NOT_FOUND', 'there is no vault, and so no dead letter');
  }

  async function* work(
    kind: LetterCommandView['kind'],
    request: LettersRequest,
    { values }: HandlerContext,
  ): AsyncGenerator<LettersAnswer> {
    const { dryRun, reason } = request;
    const procedure = kind === 'redrive' ? 'RedriveDeadLetters' : 'PurgeDeadLetters';
    const call = mutationCall(audit, values.get(callerKey), procedure, reason);
    const run = begin(kind, request, dryRun ? unaudited : call);
    // Whoever asked may be gone by then; what was done is written down all the same.
    const audited = dryRun ? run.whole.catch(fail) : run.whole.then(...auditOf(kind, call));
    audited.catch(() => {}); // heard below, by whoever is still there
    yield* answers(run, audited);
  }

  function begin(
    kind: LetterCommandView['kind'],
    { choice: message, dryRun, reason }: LettersRequest,
    call: Pick<MutationCall, 'refused' | 'failed'>,
  ): LettersRun {
    try {
      const isNeeded = kind === 'purge' && !dryRun;
      if (isNeeded && reason.trim() === '') throw call.refused('a purge needs a reason');
      const fault = reasonFault(reason);
      if (fault !== undefined) throw call.refused(fault);
      const checked = checkedChoice(message);
      if ('fault' in checked) throw call.refused(checked.fault);
      return new LettersRun(letters(), { kind, choice: checked.choice, dryRun });
    } catch (error) {
      throw call.failed(error);
    }
  }

  return {
    redriveDeadLetters: (request, context) => work('redrive', request, context),
    purgeDeadLetters: (request, context) => work('purge', request, context),
  };
}

/** A command under way. */
class LettersRun {
  readonly whole: Promise<LetterOutcomeView>;
  #soFar: LetterOutcomeView | undefined;
  #news = Promise.withResolvers<void>();

  constructor(letters: LettersView, command: LetterCommandView) {
    this.whole = letters.workLetters(command, (soFar) => {
      this.#soFar = soFar;
      this.#news.resolve();
    });
  }

  /** The next of what is done so far; it is replaced while nobody reads. */
  async next(): Promise<LetterOutcomeView | undefined> {
    await this.#news.promise;
    this.#news = Promise.withResolvers();
    return this.#soFar;
  }
}

async function* answers(
  run: LettersRun,
  over: Promise<LetterOutcomeView>,
): AsyncGenerator<LettersAnswer> {
  const whole = over.then((outcome) => ({ outcome, isComplete: true }));
  for (;;) {
    const news = run.next().then((outcome) => ({ outcome, isComplete: false }));
    const { outcome, isComplete } = await Promise.race([whole, news]);
    if (outcome !== undefined) yield { outcome: outcomeMessage(outcome), isComplete };
    if (isComplete) return;
  }
}

function auditOf(
  kind: LetterCommandView['kind'],
  call: MutationCall,
): [done: (outcome: LetterOutcomeView) => LetterOutcomeView, failed: (error: unknown) => never] {
  return [
    (outcome) => {
      const detail = outcomeText(kind === 'redrive' ? 'redriven' : 'purged', outcome);
      if (outcome.stopped === undefined) call.done(detail);
      // What was done stays done: for the caller it is an answer.
      else call.refused(detail, outcome.stopped.code);
      return outcome;
    },
    (error) => {
      throw call.failed(error);
    },
  ];
}

const unaudited: Pick<MutationCall, 'refused' | 'failed'> = {
  refused: (fault, code = 'CONTROL_INVALID') => rpcFault(code, fault),
  failed: (error) =>
    error instanceof GopherShipError ? rpcFault(error.code, error.message) : error,
};

function fail(error: unknown): never {
  throw unaudited.failed(error);
}
