// The commands that change what is in the dead letter: redrive and purge.

import type { Command } from 'commander';
import { parseSequence } from '../flag-value.ts';
import { parseMoment } from '../time-flag.ts';
import { controlCommand, examples, flag, type RunCommand } from './command-flags.ts';

export function addDeadLetterCommands(deadLetter: Command, run: RunCommand): void {
  choiceFlags(
    deadLetter
      .command('redrive')
      .description('send them again, to the destinations that they are owed to (role operator)'),
  )
    .option('--reason <text>', 'for the audit log')
    .addHelpText(
      'after',
      examples(
        'gs-ctl vault dead-letter redrive --all --dry-run',
        'gs-ctl vault dead-letter redrive --from 12 --to 17',
        'gs-ctl vault dead-letter redrive --all --yes',
      ),
    )
    .action(({ timeout: timeoutMs, before: beforeMs, ...flags }) =>
      run(async (terminal) => {
        const { workLetters } = await import('../letters.ts');
        return workLetters('redrive', { ...flags, beforeMs, timeoutMs }, terminal);
      }),
    );

  choiceFlags(
    deadLetter
      .command('purge')
      .description('delete them for good, and free their space (role operator)'),
  )
    .option('--reason <text>', 'for the audit log; needed, but for a dry run')
    .addHelpText(
      'after',
      examples(
        "gs-ctl vault dead-letter purge --to 17 --reason 'test data'",
        "gs-ctl vault dead-letter purge --before 30d --reason 'nobody wants them'",
        "gs-ctl vault dead-letter purge --all --reason 'all of a broken client' --yes",
      ),
    )
    .action(({ timeout: timeoutMs, before: beforeMs, ...flags }) =>
      run(async (terminal) => {
        const { workLetters } = await import('../letters.ts');
        return workLetters('purge', { ...flags, beforeMs, timeoutMs }, terminal);
      }),
    );
}

/** Which of them, and whether they are only looked at. */
function choiceFlags(command: Command) {
  const moment = flag((text: string) => parseMoment(text, Date.now()));
  return controlCommand(command)
    .option('--all', 'whatever there is')
    .option('--from <n>', 'from this one on, as ls numbers them', flag(parseSequence))
    .option('--to <n>', 'up to this one, which is one of them', flag(parseSequence))
    .option('--before <time>', 'received before then, as 30d (ago) or a date', moment)
    .option('--dry-run', 'say what would be, and change nothing')
    .option('-y, --yes', 'do not ask');
}
