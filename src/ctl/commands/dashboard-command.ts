// The command that serves the page to a browser.

import type { Command } from 'commander';
import { controlCommand, examples, type RunCommand } from './command-flags.ts';

export function addDashboardCommand(program: Command, run: RunCommand): void {
  controlCommand(
    program
      .command('dashboard')
      .description('the page of an engine in your browser, until interrupted')
      .option('--no-open', 'only print the link'),
  )
    .addHelpText('after', examples('gs-ctl dashboard', 'gs-ctl dashboard --context prod --no-open'))
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { dashboard } = await import('../dashboard.ts');
        return dashboard({ ...flags, timeoutMs }, terminal);
      }),
    );
}
