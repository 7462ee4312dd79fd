// Answers that several tabs ask for at the same moment, since all of them hear of a new status at
// once: whoever asks what was asked a moment ago gets the answer to that. One for each procedure,
// the newest. As with watches, all tabs are one user's, and nothing but the body is compared.

import type { Clock } from '../../clock.ts';
import type { EngineAnswer, EngineLink } from './engine-link.ts';

export interface SharedCallsParts {
  readonly engine: Pick<EngineLink, 'call'>;
  readonly clock: Clock;
}

/** Less than the second after which a tab asks again, so that nobody gets the same answer twice. */
const answerAgeMsMax = 500;

interface Asked {
  readonly body: Buffer;
  readonly answer: Promise<EngineAnswer>;
}

export class SharedCalls {
  readonly #parts: SharedCallsParts;
  readonly #asked = new Map<string, Asked>();

  constructor(parts: SharedCallsParts) {
    this.#parts = parts;
  }

  /** Rejects with a LinkFault. @param procedure `package.Service/Method` */
  call(procedure: string, body: Buffer): Promise<EngineAnswer> {
    const before = this.#asked.get(procedure);
    if (before?.body.equals(body) === true) return before.answer;
    const { engine, clock } = this.#parts;
    // Others may wait for it when the tab that asked has gone; its timeout ends it.
    const answer = engine.call(procedure, body, nobodyLeaves);
    const asked = { body, answer };
    this.#asked.set(procedure, asked);
    const forget = () => {
      if (this.#asked.get(procedure) === asked) this.#asked.delete(procedure);
    };
    // A refusal is for those who wait already: who comes later asks the engine.
    answer.then(({ status }) => {
      if (status === 200) clock.after(answerAgeMsMax, forget);
      else forget();
    }, forget);
    return answer;
  }

  /** Something may have changed: who asks from now on gets what is. */
  forget(): void {
    this.#asked.clear();
  }
}

const nobodyLeaves = new AbortController().signal;
