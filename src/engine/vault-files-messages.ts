// What the main thread and the thread that reads the vault's files for operators say to each other.

import type { ErrorCode } from '../errors.ts';
import type { VaultParts, VaultQuestion } from '../vault-facts/vault-question.ts';

/** One question for each thread: it ends when the answer is out. */
export interface VaultFilesStart {
  /** The vault's directory, absolute. */
  readonly path: string;
  readonly question: VaultQuestion;
  /** One word: how many parts have left for the caller. The main thread counts, the other waits. */
  readonly takenParts: SharedArrayBuffer;
}

export type FromVaultFiles =
  | { readonly kind: 'part'; readonly part: VaultParts[keyof VaultParts] }
  /** There is no further part. */
  | { readonly kind: 'end' }
  /** The same, and it is not complete. */
  | { readonly kind: 'fault'; readonly code: ErrorCode; readonly message: string };
