// The command that lists contexts.

import type { Command } from 'commander';
import { examples, type RunCommand } from './command-flags.ts';

export function addContextsCommand(program: Command, run: RunCommand): void {
  program
    .command('contexts')
    .description('the engines that there are contexts for, and which one is current')
    .option('--names', 'only their names, a line each; nothing where there are none')
    .addHelpText('after', examples('gs-ctl contexts', 'gs-ctl contexts -o json | jq .contexts'))
    .action((flags) =>
      run(async (terminal) => {
        const { contexts } = await import('../contexts.ts');
        return contexts(flags, terminal);
      }),
    );
}
