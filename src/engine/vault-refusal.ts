// What a producer hears whose batch the vault did not take and nobody else can take either, and
// what the answer says about the vault to the pivot that looks for somebody else.

import { unreachable } from '../assert.ts';
import type { ErrorCode } from '../errors.ts';
import { drainRetryDelayMs, retryDelayMsMax } from '../limits.ts';
import { VaultAnswer } from '../vault/hand-over.ts';
import { VaultReadiness } from './vault-door.ts';

export interface VaultRefusal {
  readonly readiness: VaultReadiness;
  readonly code: ErrorCode;
  readonly message: string;
  /** Undefined: it would be refused again. */
  readonly retryDelayMs: number | undefined;
}

export type VaultRefusalAnswer = Exclude<VaultAnswer, typeof VaultAnswer.Acked>;

export function vaultRefusal(answer: VaultRefusalAnswer): VaultRefusal {
  switch (answer) {
    case VaultAnswer.Full:
      return full;
    case VaultAnswer.ReadOnly:
      return failed;
    case VaultAnswer.Closed:
      return closed;
    case VaultAnswer.TooLarge:
      return tooLarge;
    default:
      return unreachable(answer, 'answer of the vault');
  }
}

// Space comes back when a segment is replayed, a disk that fails is probed after seconds.
const full: VaultRefusal = {
  readiness: VaultReadiness.Full,
  code: 'VAULT_FULL',
  message: 'the vault is full',
  retryDelayMs: retryDelayMsMax,
};
const failed: VaultRefusal = {
  readiness: VaultReadiness.Failed,
  code: 'VAULT_FAILED',
  message: 'the vault cannot write',
  retryDelayMs: retryDelayMsMax,
};
const closed: VaultRefusal = {
  readiness: VaultReadiness.Absent,
  code: 'DRAINING',
  message: 'shutting down',
  retryDelayMs: drainRetryDelayMs,
};
const tooLarge: VaultRefusal = {
  readiness: VaultReadiness.Absent,
  code: 'MESSAGE_TOO_LARGE',
  message: 'larger than a segment of the vault holds',
  retryDelayMs: undefined,
};
