// `gophership vault ls`: what is in a vault, and who still waits for it.

import { show } from '../ctl/terminal.ts';
import { vaultListTable } from '../ctl/vault-list-text.ts';
import { ExitCode } from '../errors.ts';
import { listVault } from '../vault-facts/vault-list.ts';
import { openVault, type VaultTerminal } from './vault-cli.ts';

export async function vaultLs(directory: string, terminal: VaultTerminal): Promise<ExitCode> {
  const vault = openVault(directory, terminal);
  const list = listVault(vault, { segmentsMax: Number.POSITIVE_INFINITY, quick: false });
  await show(terminal, { ...list }, () => vaultListTable(list));
  return ExitCode.Ok;
}
