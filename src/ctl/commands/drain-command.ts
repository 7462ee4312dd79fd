// The command that empties an engine before its host goes away.

import type { Command } from 'commander';
import { controlCommand, examples, type RunCommand } from './command-flags.ts';

export function addDrainCommand(program: Command, run: RunCommand): void {
  controlCommand(
    program
      .command('drain')
      .description('say not ready and let the vault go out; whoever sends is served (operator)')
      .option('--wait', 'until nothing is in flight, queued or in the vault, and nobody sends')
      .option('--end', 'ready again, and the replay as it was set before')
      .option('--status', 'only show what is in it and what it waits for (role viewer)')
      .option('--reason <text>', 'for the audit log and everybody who asks')
      .option('-y, --yes', 'do not ask'),
  )
    .addHelpText(
      'after',
      examples(
        "gs-ctl drain --wait --reason 'new kernel' --yes && systemctl reboot",
        'timeout 10m gs-ctl drain --wait --yes',
        'gs-ctl drain --status',
        'gs-ctl drain --end --yes',
      ),
    )
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { drain } = await import('../drain.ts');
        return drain({ ...flags, timeoutMs }, terminal);
      }),
    );
}
