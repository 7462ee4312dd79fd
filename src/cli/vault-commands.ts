// The `vault` commands of `gophership`: their words and flags. What one does is loaded when it is
// run.

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { OutputFormat } from '../ctl/terminal.ts';
import type { ExitCode } from '../errors.ts';
import type { VaultTerminal } from './vault-cli.ts';

type TerminalOf = (format: OutputFormat) => VaultTerminal;
type Done = (code: ExitCode) => void;

export function addVaultCommands(program: Command, terminal: TerminalOf, done: Done): void {
  const vault = program
    .command('vault')
    .description('look into a vault directory, also one in use; nothing is written');

  outputFlag(vault.command('ls <dir>'))
    .description(
      'segments, cursors with what each consumer is still owed, quarantine, dead letters',
    )
    .action(async (directory: string, flags: OutputFlags) => {
      const { vaultLs } = await import('./vault-ls.ts');
      done(await vaultLs(directory, terminal(flags.outputFormat)));
    });

  outputFlag(vault.command('inspect <dir> [what] [name]'))
    .description('every field of a segment (its id in hex), of META, or of "cursor NAME"')
    .action(async (directory: string, what: string, name: string, flags: OutputFlags) => {
      const { vaultInspect } = await import('./vault-inspect.ts');
      const wanted = [what, name].filter((word) => word !== undefined);
      done(await vaultInspect(directory, wanted, terminal(flags.outputFormat)));
    });

  outputFlag(vault.command('verify <dir>'))
    .description('read and check everything (exit 0 clean, 1 damaged, 74 unreadable, 78 refused)')
    .action(async (directory: string, flags: OutputFlags) => {
      const { vaultVerify } = await import('./vault-verify.ts');
      done(await vaultVerify(directory, terminal(flags.outputFormat)));
    });

  addExport(vault, terminal, done);
  addDeadLetter(vault, terminal, done);
}

function addExport(vault: Command, terminal: TerminalOf, done: Done): void {
  vault
    .command('export <dir>')
    .description('the batches as OTLP; compressed ones inflated, JSON ones as the others')
    .addOption(
      new Option(
        '--format <format>',
        'jsonl: OTLP/JSON, a line a batch; protobuf: all of it one ExportLogsServiceRequest',
      )
        .choices(['jsonl', 'protobuf'])
        .default('jsonl'),
    )
    .option('--consumer <name>', 'only what this destination has not got yet')
    .option('--from <time>', 'received at or after this time (RFC 3339)', time)
    .option('--to <time>', 'received before this time', time)
    .option('--output <file>', 'the file to write, - for stdout', '-')
    .action(async (directory: string, flags: ExportArguments) => {
      const { vaultExport } = await import('./vault-export.ts');
      const { from: fromMs, to: toMs, ...rest } = flags;
      done(vaultExport(directory, { ...rest, fromMs, toMs }, terminal('table')));
    });
}

function addDeadLetter(vault: Command, terminal: TerminalOf, done: Done): void {
  const deadLetter = vault
    .command('dead-letter')
    .description('batches that were set aside because they can never be delivered');

  outputFlag(deadLetter.command('ls <dir>'))
    .description('why, how often tried, what it was')
    .action(async (directory: string, flags: OutputFlags) => {
      const { deadLetterLs } = await import('./vault-dead-letter.ts');
      done(await deadLetterLs(directory, terminal(flags.outputFormat)));
    });

  outputFlag(deadLetter.command('show <dir> <entry>'))
    .description('one of them, with its batch as JSON')
    .action(async (directory: string, entry: string, flags: OutputFlags) => {
      const { deadLetterShow } = await import('./vault-dead-letter.ts');
      const shown = terminal(flags.outputFormat);
      done(await deadLetterShow(directory, whole(entry), shown));
    });
}

interface OutputFlags {
  readonly outputFormat: OutputFormat;
}

interface ExportArguments {
  readonly format: 'jsonl' | 'protobuf';
  readonly consumer?: string;
  readonly from?: number;
  readonly to?: number;
  readonly output: string;
}

export function outputFlag(command: Command): Command {
  const option = new Option('-o, --output-format <format>', 'form of the result');
  return command.addOption(option.choices(['table', 'json', 'yaml']).default('table'));
}

/** As ms since the Unix epoch. */
function time(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('not a time such as 2026-01-31T12:00:00Z');
  return ms;
}

function whole(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError(`not an entry: ${text}`);
  return value;
}
