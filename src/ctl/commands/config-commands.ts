// The commands about the configuration: that of an engine, and what one may look like.

import type { Command } from 'commander';
import { collect, controlCommand, examples, type RunCommand } from './command-flags.ts';

export function addConfigCommands(program: Command, run: RunCommand): void {
  const config = program.command('config').description('the configuration of an engine');

  controlCommand(
    config
      .command('view')
      .description('what the engine runs with: with the defaults, without secrets'),
  )
    .addHelpText('after', examples('gs-ctl config view', 'gs-ctl config view -o json | jq .config'))
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { configView } = await import('../config-view.ts');
        return configView({ ...flags, timeoutMs }, terminal);
      }),
    );

  config
    .command('validate')
    .description('check a configuration and what it names on this host, without starting an engine')
    .argument('<file...>', 'configuration files, later ones win')
    .option('--set <a.b=c>', 'override one key (repeatable)', collect, [])
    .addHelpText('after', examples('gs-ctl config validate /etc/gophership/gophership.yaml'))
    .action((files: string[], flags) =>
      run(async (terminal) => {
        const { configValidate } = await import('../config-validate.ts');
        return configValidate(files, flags, terminal);
      }),
    );

  config
    .command('schema')
    .description('JSON Schema of the configuration that this version knows, for editors')
    .addHelpText('after', examples('gs-ctl config schema > gophership.schema.json'))
    .action(() =>
      run(async (terminal) => {
        const { configSchema } = await import('../config-schema.ts');
        return configSchema(terminal);
      }),
    );
}
