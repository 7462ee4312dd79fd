// `gophership vault verify`: reads everything and checks everything, changes nothing.

import { ProgressBar } from '../ctl/progress-bar.ts';
import { show } from '../ctl/terminal.ts';
import { vaultCheckTable } from '../ctl/vault-check-text.ts';
import { ExitCode } from '../errors.ts';
import { checkVault } from '../vault-facts/vault-check.ts';
import { openVault, type VaultTerminal } from './vault-cli.ts';

export async function vaultVerify(directory: string, terminal: VaultTerminal): Promise<ExitCode> {
  const vault = openVault(directory, terminal);
  const progress = new ProgressBar(terminal.isWatched ? terminal.talk : undefined);
  const check = checkVault(vault, (doneBytes, totalBytes) => progress.at(doneBytes, totalBytes));
  progress.end();
  await show(terminal, { ...check }, () => vaultCheckTable(check));
  return check.clean ? ExitCode.Ok : ExitCode.Failure;
}
