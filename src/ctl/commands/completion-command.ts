// The command that prints a completion script for a shell.

import { Argument, type Command } from 'commander';
import type { CompletionShell } from '../completion/completion.ts';
import { examples, type RunCommand } from './command-flags.ts';

export function addCompletionCommand(program: Command, run: RunCommand): void {
  const shells: CompletionShell[] = ['bash', 'zsh', 'fish'];
  program
    .command('completion')
    .description('print a script that completes gs-ctl in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      examples(
        'source <(gs-ctl completion bash)',
        'gs-ctl completion zsh > "$fpath[1]/_gs-ctl"',
        'gs-ctl completion fish > ~/.config/fish/completions/gs-ctl.fish',
      ),
    )
    .action((shell: CompletionShell) =>
      run(async (terminal) => {
        const { completion } = await import('../completion/completion.ts');
        return completion(shell, program, terminal);
      }),
    );
}
