// Dead letters as the control plane asks for them, without a thread: works for as long as a test
// wants, and answers what it wants.

import type {
  LetterCommandView,
  LetterOutcomeView,
  LettersView,
} from '../../src/control/letters-view.ts';

export const letterOutcome: LetterOutcomeView = {
  ...{ letters: 3, bodyBytes: 900, recordsMin: 30, uncountedLetters: 1, damagedLetters: 0 },
  ...{ tooLargeLetters: 0, duplicates: 0, reasons: [{ reason: 5, letters: 3 }] },
  ...{ firstSeq: 4, lastSeq: 6, waitingLetters: 2, stopped: undefined },
};

export class FakeLetters implements LettersView {
  readonly commands: LetterCommandView[] = [];
  answer: LetterOutcomeView | Error = letterOutcome;
  /** What was asked for ends after this. */
  ending: Promise<void> = new Promise((resolve) => setImmediate(resolve));

  async workLetters(
    command: LetterCommandView,
    progress: (soFar: LetterOutcomeView) => void,
  ): Promise<LetterOutcomeView> {
    this.commands.push(command);
    progress({ ...letterOutcome, letters: 1 });
    await this.ending;
    if (this.answer instanceof Error) throw this.answer;
    return this.answer;
  }
}
