// The pivot: what happens to one whole batch. Pure, so that its table can be tested row by row.
//
//   zone        required destinations   vault             way
//   Red         any                     takes             vault, sent to nobody
//   Red         all ready               else              export
//   Red         some not ready          behind            vault, sent to nobody
//   not Red     all ready               any               export
//   not Red     some not ready          takes, behind     vault, then to those that are ready
//   any         some not ready          absent, full,     refusal: a batch that only some could take
//                                       failed            would reach those twice when it comes again
//   any         none is required        any               export

import { unreachable } from '../assert.ts';
import type { ErrorCode } from '../errors.ts';
import type { Destination, Refusal } from '../exporter/destination.ts';
import { PivotCounter } from '../memory/pivot-counters.ts';
import { Zone } from '../memory/zone-word.ts';
import { VaultReadiness } from './vault-door.ts';

interface Counted {
  /** Where it goes and why. */
  readonly counter: PivotCounter;
}

export interface PivotRefusal extends Counted {
  readonly kind: 'refuse';
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryDelayMs: number;
}

export type Pivot =
  | (Counted & { readonly kind: 'export' })
  /** Held consumers: whom it is sent to once the vault has it. */
  | (Counted & { readonly kind: 'vault'; readonly heldMask: number })
  | PivotRefusal;

export function pivot(
  zone: Zone,
  destinations: readonly Destination[],
  vault: VaultReadiness,
  bodyLengthBytes: number,
): Pivot {
  const isRed = zone === Zone.Red;
  if (isRed && vault === VaultReadiness.Takes && destinations.some(isRequired)) return vaultRaw;
  let longest: Refusal | undefined;
  let readyMask = 0;
  let consumer = 0;
  for (const destination of destinations) {
    // One that is not required never holds back an answer; it makes room by losing its oldest.
    if (!destination.required) continue;
    const refusal = destination.refusal(bodyLengthBytes);
    if (refusal === undefined) readyMask |= 1 << consumer;
    else if (longest === undefined || refusal.retryDelayMs > longest.retryDelayMs) {
      longest = refusal;
    }
    consumer += 1;
  }
  if (longest === undefined) return isRed ? exportInRed[vault] : exportLive;
  const { code, message, retryDelayMs } = longest;
  // The producer is told to come back when the slowest of the destinations may take it.
  const refuse = { kind: 'refuse', retryDelayMs } as const;
  switch (vault) {
    case VaultReadiness.Takes:
    case VaultReadiness.Behind:
      return isRed ? vaultRaw : { ...vaultFirst, heldMask: readyMask };
    case VaultReadiness.Full:
      return { ...refuse, ...vaultFull, message: `the vault is full, and ${message}` };
    case VaultReadiness.Failed:
      return { ...refuse, ...vaultFailed, message: `the vault cannot write, and ${message}` };
    case VaultReadiness.Absent:
      return { ...refuse, code, message, counter: PivotCounter.RefuseDestinationNotReady };
    default:
      return unreachable(vault, 'readiness of the vault');
  }
}

const exportLive: Pivot = { kind: 'export', counter: PivotCounter.ExportReady };
const exportInRed: Readonly<Record<VaultReadiness, Pivot>> = {
  [VaultReadiness.Absent]: exportLive,
  // No destination is required: a vault would keep it for nobody.
  [VaultReadiness.Takes]: exportLive,
  [VaultReadiness.Behind]: { kind: 'export', counter: PivotCounter.ExportVaultBehind },
  [VaultReadiness.Full]: { kind: 'export', counter: PivotCounter.ExportVaultFull },
  [VaultReadiness.Failed]: { kind: 'export', counter: PivotCounter.ExportVaultFailed },
};
const vaultRaw: Pivot = { kind: 'vault', heldMask: 0, counter: PivotCounter.VaultRedZone };
const vaultFirst = { kind: 'vault', counter: PivotCounter.VaultDestinationNotReady } as const;
const vaultFull = { code: 'VAULT_FULL', counter: PivotCounter.RefuseVaultFull } as const;
const vaultFailed = { code: 'VAULT_FAILED', counter: PivotCounter.RefuseVaultFailed } as const;

function isRequired(destination: Destination): boolean {
  return destination.required;
}
