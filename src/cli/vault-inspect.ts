// `gophership vault inspect`: every field of META, of a cursor or of a segment and its blocks.

import { factLines } from '../ctl/fact-lines.ts';
import { show } from '../ctl/terminal.ts';
import { ExitCode, GopherShipError } from '../errors.ts';
import { printable } from '../tls/printable.ts';
import { inspectVault } from '../vault-facts/vault-inspection.ts';
import { openVault, type VaultTerminal } from './vault-cli.ts';

/** `what`: nothing, a segment's id in hex, `META`, or `cursor` and a name. */
export async function vaultInspect(
  directory: string,
  what: readonly string[],
  terminal: VaultTerminal,
): Promise<ExitCode> {
  const vault = openVault(directory, terminal);
  if (what[0] === 'cursor' && what[1] === undefined) {
    throw new GopherShipError('CONFIG', 'inspect cursor: which one?');
  }
  const found = inspectVault(vault, what);
  if (found === undefined) {
    terminal.talk(`error: not found: ${printable(what.join(' '))}\n`);
    return ExitCode.Failure;
  }
  const { facts, blocks } = found;
  const value = blocks === undefined ? facts : { ...facts, blocks: [...blocks] };
  await show(terminal, value, () => factLines(value));
  return ExitCode.Ok;
}
