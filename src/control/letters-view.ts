// Dead letters as the control plane sees them: what it asks the replay thread, and what that
// answers (replayer/letter-command.ts has the same shapes).

export interface LettersView {
  /**
   * Resolves when it is over; `progress` is called every second before. Rejects with a
   * GopherShipError for what cannot be begun, or not now.
   */
  workLetters(
    command: LetterCommandView,
    progress: (soFar: LetterOutcomeView) => void,
  ): Promise<LetterOutcomeView>;
}

export interface LetterCommandView {
  readonly kind: 'redrive' | 'purge';
  readonly choice: LetterChoiceView;
  readonly dryRun: boolean;
}

export interface LetterChoiceView {
  /** [fromSeq, toSeq); Infinity: no end. */
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Unix ns. */
  readonly receivedBeforeNs: bigint | undefined;
}

export interface LetterOutcomeView {
  readonly letters: number;
  readonly bodyBytes: number;
  readonly recordsMin: number;
  readonly uncountedLetters: number;
  readonly damagedLetters: number;
  readonly tooLargeLetters: number;
  readonly duplicates: number;
  readonly reasons: readonly { readonly reason: number; readonly letters: number }[];
  /** -1: there is none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly waitingLetters: number;
  readonly stopped: { readonly code: LetterStopCode; readonly message: string } | undefined;
}

export type LetterStopCode = 'VAULT_FULL' | 'VAULT_FAILED' | 'CONTROL_BUSY' | 'CONTROL_INVALID';
