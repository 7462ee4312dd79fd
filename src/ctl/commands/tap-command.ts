// The command that looks at what comes in.

import type { Command } from 'commander';
import { parseCount, parseMatch, type TapMatchFlag } from '../flag-value.ts';
import { controlCommand, examples, flag, type RunCommand } from './command-flags.ts';

export function addTapCommand(program: Command, run: RunCommand): void {
  controlCommand(
    program
      .command('tap')
      .description('a sample of the records that come in; not in Red')
      .option(
        '--match <key=value>',
        'severity, body (a part of it) or an attribute; repeatable, all have to be met',
        (text: string, before: readonly TapMatchFlag[]) => [...before, flag(parseMatch)(text)],
        [] as readonly TapMatchFlag[],
      )
      .option('--limit <n>', 'end after so many (default: when interrupted)', flag(parseCount)),
  )
    .addHelpText(
      'after',
      examples(
        'gs-ctl tap',
        'gs-ctl tap --match service.name=checkout --match severity=error',
        'gs-ctl tap --limit 20 -o json | jq .body',
      ),
    )
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { tap } = await import('../tap.ts');
        return tap({ ...flags, timeoutMs }, terminal);
      }),
    );
}
