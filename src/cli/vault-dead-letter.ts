// `gophership vault dead-letter`: the batches that were set aside since nobody takes them, and why.

import { letterTable, letterText } from '../ctl/letter-text.ts';
import { show } from '../ctl/terminal.ts';
import { ExitCode } from '../errors.ts';
import { listLetters, readLetter } from '../vault-facts/dead-letters.ts';
import { payloadsUnbounded } from '../vault-facts/entry-payload.ts';
import { openVault, type VaultTerminal } from './vault-cli.ts';

export async function deadLetterLs(directory: string, terminal: VaultTerminal): Promise<ExitCode> {
  const vault = openVault(directory, terminal);
  const all = { fromEntrySeq: 0, countMax: Number.POSITIVE_INFINITY };
  const { deadLetters, lost } = listLetters(vault, all, () => {});
  await show(
    terminal,
    { deadLetters, lost },
    () => `${letterTable(deadLetters)}${lost > 0 ? `${lost} lost\n` : ''}`,
  );
  return lost === 0 ? ExitCode.Ok : ExitCode.Failure;
}

export async function deadLetterShow(
  directory: string,
  entrySeq: number,
  terminal: VaultTerminal,
): Promise<ExitCode> {
  const vault = openVault(directory, terminal);
  const found = readLetter(vault, entrySeq, payloadsUnbounded);
  if (found === undefined) {
    terminal.talk(`error: no dead letter ${entrySeq}\n`);
    return ExitCode.Failure;
  }
  const { letter } = found;
  const batch: unknown =
    'json' in found.batch
      ? JSON.parse(found.batch.json)
      : {
          unreadable: found.batch.unreadable,
          base64: Buffer.from(found.batch.body).toString('base64'),
        };
  await show(terminal, { ...letter, batch }, () => letterText(letter, batch));
  return ExitCode.Ok;
}
