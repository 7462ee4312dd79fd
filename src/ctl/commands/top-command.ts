// The command that shows an engine on a live screen.

import type { Command } from 'commander';
import { controlCommand, examples, type RunCommand } from './command-flags.ts';

export function addTopCommand(program: Command, run: RunCommand): void {
  controlCommand(
    program
      .command('top')
      .description('live screen: zone, signals with their last minute, flow, vault, replay, events')
      .option('--once', 'print one frame and end'),
  )
    .addHelpText(
      'after',
      examples('gs-ctl top', 'gs-ctl top --context prod', 'COLUMNS=120 gs-ctl top --once | cat'),
    )
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { top } = await import('../top/top.ts');
        return top({ ...flags, timeoutMs }, terminal);
      }),
    );
}
