// The commands that look into the vault of an engine that runs. `gophership vault` does the same to
// a directory, whether or not an engine uses it.

import { type Command, Option } from 'commander';
import { parseCount, parseSequence } from '../flag-value.ts';
import { parseMoment } from '../time-flag.ts';
import { controlCommand, examples, flag, type RunCommand } from './command-flags.ts';
import { addDeadLetterCommands } from './letter-commands.ts';

export function addVaultCommands(program: Command, run: RunCommand): void {
  const vault = program
    .command('vault')
    .description('what is in the vault of an engine, read from its files');
  addLs(vault, run);
  addInspect(vault, run);
  addVerify(vault, run);
  addExport(vault, run);

  const deadLetter = vault
    .command('dead-letter')
    .description('batches that were set aside because they can never be delivered');
  addLetterLs(deadLetter, run);
  addLetterShow(deadLetter, run);
  addDeadLetterCommands(deadLetter, run);
}

function addLs(vault: Command, run: RunCommand): void {
  controlCommand(
    vault
      .command('ls')
      .description(
        'segments, what each destination is still owed, quarantine, dead letters, other files',
      )
      .option('--last <n>', 'only so many segments, the newest', flag(parseCount)),
  )
    .addHelpText(
      'after',
      examples('gs-ctl vault ls --last 10', 'gs-ctl vault ls -o json | jq .cursors'),
    )
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { vaultLs } = await import('../vault-ls.ts');
        return vaultLs({ ...flags, timeoutMs }, terminal);
      }),
    );
}

function addInspect(vault: Command, run: RunCommand): void {
  controlCommand(
    vault
      .command('inspect')
      .argument('[what]', "META, cursor, or a segment's id in hex; nothing: the vault as a whole")
      .argument('[name]', 'the destination whose cursor it is')
      .description('every field of a segment and its blocks, of META or of a cursor'),
  )
    .addHelpText(
      'after',
      examples(
        'gs-ctl vault inspect META',
        'gs-ctl vault inspect cursor otlp_grpc/central',
        'gs-ctl vault inspect 2a -o json | jq .blocks',
      ),
    )
    .action((what, name, { timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { vaultInspect } = await import('../vault-inspect.ts');
        const words = [what, name].filter((word) => word !== undefined);
        return vaultInspect({ ...flags, timeoutMs }, words, terminal);
      }),
    );
}

function addVerify(vault: Command, run: RunCommand): void {
  controlCommand(
    vault
      .command('verify')
      .description('read and check everything, at 64 MiB a second (exit 0 clean, 1 damaged)'),
  )
    .addHelpText('after', examples('gs-ctl vault verify', 'gs-ctl vault verify -o json'))
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { vaultVerify } = await import('../vault-verify.ts');
        return vaultVerify({ ...flags, timeoutMs }, terminal);
      }),
    );
}

function addExport(vault: Command, run: RunCommand): void {
  const moment = flag((text: string) => parseMoment(text, Date.now()));
  controlCommand(
    vault
      .command('export')
      .description('the batches as OTLP, oldest first; nothing is settled by it')
      .addOption(
        new Option(
          '--format <format>',
          'jsonl: OTLP/JSON, a line a batch; protobuf: all of it one ExportLogsServiceRequest',
        )
          .choices(['jsonl', 'protobuf'])
          .default('jsonl'),
      )
      .option('--consumer <name>', 'only what this destination has not got yet')
      .option('--from <time>', 'only what was received from then on, as 2h (ago) or a date', moment)
      .option('--to <time>', 'only what was received before', moment)
      .option('--file <file>', 'the file to write, - for stdout', '-'),
  )
    .addHelpText(
      'after',
      examples(
        'gs-ctl vault export --file backlog.jsonl',
        'gs-ctl vault export --from 2026-01-31T12:00:00Z | jq .resourceLogs',
        'gs-ctl vault export --from 2h --to 90m --file outage.jsonl',
        'gs-ctl vault export --consumer otlp_grpc/central --format protobuf --file owed.pb',
      ),
    )
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { vaultExport } = await import('../vault-export.ts');
        return vaultExport({ ...flags, timeoutMs }, terminal);
      }),
    );
}

function addLetterLs(deadLetter: Command, run: RunCommand): void {
  controlCommand(
    deadLetter
      .command('ls')
      .description('why, how often tried, what it was; oldest first')
      .option('--limit <n>', 'at most so many', flag(parseCount), 1_000)
      .option('--from-entry <n>', 'begin with this one', flag(parseSequence), 0),
  )
    .addHelpText(
      'after',
      examples(
        'gs-ctl vault dead-letter ls',
        'gs-ctl vault dead-letter ls --from-entry 1200 --limit 50',
      ),
    )
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { deadLetterLs } = await import('../vault-dead-letter.ts');
        return deadLetterLs({ ...flags, timeoutMs }, terminal);
      }),
    );
}

function addLetterShow(deadLetter: Command, run: RunCommand): void {
  controlCommand(
    deadLetter
      .command('show')
      .argument('<entry>', 'its number, as ls shows it', flag(parseSequence))
      .description('one of them, with its batch as JSON'),
  )
    .addHelpText('after', examples('gs-ctl vault dead-letter show 17 -o json | jq .batch'))
    .action((entrySeq, { timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { deadLetterShow } = await import('../vault-dead-letter.ts');
        return deadLetterShow({ ...flags, timeoutMs }, entrySeq, terminal);
      }),
    );
}
