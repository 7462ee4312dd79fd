// The commands that hold an engine in a zone and let it go.

import { Argument, type Command } from 'commander';
import { parseDurationMs } from '../flag-value.ts';
import { controlCommand, examples, flag, type RunCommand } from './command-flags.ts';

export function addOverrideCommands(program: Command, run: RunCommand): void {
  const override = program
    .command('override')
    .description('hold the engine in a zone for a time, or let it go (role operator)');

  controlCommand(
    override
      .command('set')
      .description('hold a zone, in place of an override that is there')
      .addArgument(new Argument('<zone>', 'the zone').choices(['green', 'yellow', 'red']))
      .requiredOption(
        '--ttl <duration>',
        'when it ends by itself, up to 24h',
        flag(parseDurationMs),
      )
      .requiredOption('--reason <text>', 'for the audit log and everybody who asks')
      .option('-y, --yes', 'do not ask'),
  )
    .addHelpText(
      'after',
      examples(
        "gs-ctl override set yellow --ttl 15m --reason 'backup window'",
        "gs-ctl override set red --ttl 1h --reason 'disk swap' --yes",
      ),
    )
    .action((zone, { ttl: ttlMs, timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { overrideSet } = await import('../override.ts');
        return overrideSet({ ...flags, zone, ttlMs, timeoutMs }, terminal);
      }),
    );

  controlCommand(
    override
      .command('clear')
      .description('end the override; the signals decide again')
      .requiredOption('--reason <text>', 'for the audit log')
      .option('-y, --yes', 'do not ask'),
  )
    .addHelpText('after', examples("gs-ctl override clear --reason 'backup is done'"))
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { overrideClear } = await import('../override.ts');
        return overrideClear({ ...flags, timeoutMs }, terminal);
      }),
    );
}
