// The command that says which versions client and engine are of.

import type { Command } from 'commander';
import { controlCommand, examples, type RunCommand } from './command-flags.ts';

export function addVersionCommand(
  program: Command,
  run: RunCommand,
  ownVersion: () => string,
): void {
  controlCommand(
    program
      .command('version')
      .description('versions of gs-ctl and, where there is a target, of the engine')
      .option('--client', 'only that of gs-ctl'),
  )
    .addHelpText('after', examples('gs-ctl version', 'gs-ctl version --client -o json'))
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { version } = await import('../version.ts');
        return version({ ...flags, timeoutMs, ownVersion: ownVersion() }, terminal);
      }),
    );
}
