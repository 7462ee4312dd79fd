// `gs-ctl vault ls`: what is in an engine's vault, and who still waits for it.

import { VaultService } from '../generated/gophership/control/v1/vault_pb.js';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { CtlExit } from './exit-code.ts';
import { show, type Terminal } from './terminal.ts';
import { vaultListTable } from './vault-list-text.ts';
import { vaultListValue } from './vault-value.ts';

export interface VaultLsFlags extends ControlFlags {
  /** Undefined: as many as an answer holds. */
  readonly last?: number;
}

export function vaultLs(flags: VaultLsFlags, terminal: Terminal): Promise<CtlExit> {
  return withControl(flags, terminal, (client) => showVault(client, flags.last ?? 0, terminal));
}

/** @param last 0: as many as an answer holds */
export async function showVault(
  client: ControlClient,
  last: number,
  terminal: Terminal,
): Promise<CtlExit> {
  const answer = await client.call(VaultService, (vault, options) =>
    vault.listSegments({ last }, options),
  );
  const value = vaultListValue(answer);
  await show(terminal, { kind: 'VaultList', address: client.address, ...value }, () =>
    vaultListTable(value),
  );
  return CtlExit.Done;
}
