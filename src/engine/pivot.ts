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
import { Zone } from '../memory/zone-word.ts';
import { VaultReadiness } from './vault-door.ts';

export interface PivotRefusal {
  readonly kind: 'refuse';
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryDelayMs: number;
}

export type Pivot =
  | { readonly kind: 'export' }
  /** Held consumers: whom it is sent to once the vault has it. */
  | { readonly kind: 'vault'; readonly heldMask: number }
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
  if (longest === undefined) return exportLive;
  switch (vault) {
    case VaultReadiness.Takes:
    case VaultReadiness.Behind:
      return isRed ? vaultRaw : { kind: 'vault', heldMask: readyMask };
    case VaultReadiness.Full:
      return refuse('VAULT_FULL', `the vault is full, and ${longest.message}`, longest);
    case VaultReadiness.Failed:
      return refuse('VAULT_FAILED', `the vault cannot write, and ${longest.message}`, longest);
    case VaultReadiness.Absent:
      return refuse(longest.code, longest.message, longest);
    default:
      return unreachable(vault, 'readiness of the vault');
  }
}

const exportLive: Pivot = { kind: 'export' };
const vaultRaw: Pivot = { kind: 'vault', heldMask: 0 };

function isRequired(destination: Destination): boolean {
  return destination.required;
}

/** The producer is told to come back when the slowest of the destinations may take it. */
function refuse(code: ErrorCode, message: string, { retryDelayMs }: Refusal): PivotRefusal {
  return { kind: 'refuse', code, message, retryDelayMs };
}
