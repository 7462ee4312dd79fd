// The procedures of the dead-letter service. Work goes on when its caller has gone: what was begun
// and what became of it is written down all the same.

import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type {
  DeadLetterChoice,
  DeadLetterOutcome,
  DeadLetterService,
} from '../generated/gophership/control/v1/letters_pb.js';
import type { ServiceParts } from './control-service.ts';
import { checkedChoice, choiceText, outcomeMessage, outcomeText } from './letter-message.ts';
import type { LetterCommandView, LetterOutcomeView, LettersView } from './letters-view.ts';
import { type MutationEnd, mutationKey } from './mutation-call.ts';
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
    { choice: message, dryRun, reason }: LettersRequest,
    { values }: HandlerContext,
  ): AsyncGenerator<LettersAnswer> {
    if (kind === 'purge' && !dryRun && reason.trim() === '') {
      throw rpcFault('CONTROL_INVALID', 'a purge needs a reason');
    }
    const checked = checkedChoice(message);
    if ('fault' in checked) throw rpcFault('CONTROL_INVALID', checked.fault);
    const { choice } = checked;
    const view = letters();
    const begin = (progress: Progress) =>
      values.get(mutationKey).long(
        choiceText(choice),
        () => view.workLetters({ kind, choice, dryRun }, progress),
        (outcome) => endOf(kind, outcome),
      );
    yield* answers(new LettersRun(begin));
  }

  return {
    redriveDeadLetters: (request, context) => work('redrive', request, context),
    purgeDeadLetters: (request, context) => work('purge', request, context),
  };
}

type Progress = (soFar: LetterOutcomeView) => void;

/** A command under way. */
class LettersRun {
  readonly whole: Promise<LetterOutcomeView>;
  #soFar: LetterOutcomeView | undefined;
  #news = Promise.withResolvers<void>();

  constructor(begin: (progress: Progress) => Promise<LetterOutcomeView>) {
    this.whole = begin((soFar) => {
      this.#soFar = soFar;
      this.#news.resolve();
    });
    this.whole.catch(() => {}); // heard by whoever is still there
  }

  /** The next of what is done so far; it is replaced while nobody reads. */
  async next(): Promise<LetterOutcomeView | undefined> {
    await this.#news.promise;
    this.#news = Promise.withResolvers();
    return this.#soFar;
  }
}

async function* answers(run: LettersRun): AsyncGenerator<LettersAnswer> {
  const whole = run.whole.then((outcome) => ({ outcome, isComplete: true }));
  for (;;) {
    const news = run.next().then((outcome) => ({ outcome, isComplete: false }));
    const { outcome, isComplete } = await Promise.race([whole, news]);
    if (outcome !== undefined) yield { outcome: outcomeMessage(outcome), isComplete };
    if (isComplete) return;
  }
}

function endOf(kind: LetterCommandView['kind'], outcome: LetterOutcomeView): MutationEnd {
  const detail = outcomeText(kind === 'redrive' ? 'redriven' : 'purged', outcome);
  // What was done stays done: for the caller an early end is an answer.
  return { outcome: outcome.stopped?.code ?? 'done', detail };
}
