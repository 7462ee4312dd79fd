// The command that looks at the host.

import type { Command } from 'commander';
import { collect, examples, type RunCommand } from './command-flags.ts';

export function addDoctorCommand(program: Command, run: RunCommand): void {
  program
    .command('doctor')
    .description('what this host is like for an engine (exit 0 fine, 1 a warning, 2 a failure)')
    .option('--config <source>', 'configuration of the engine (repeatable)', collect, [])
    .option('--set <a.b=c>', 'override one key of it (repeatable)', collect, [])
    .option('--directory <dir>', 'where a vault is or will be (default: as configured)')
    .addHelpText(
      'after',
      examples(
        'gs-ctl doctor --config /etc/gophership/gophership.yaml',
        'gs-ctl doctor --directory /var/lib/gophership -o json',
      ),
    )
    .action((flags) =>
      run(async (terminal) => {
        const { doctor } = await import('../doctor/doctor.ts');
        return doctor(flags, terminal);
      }),
    );
}
