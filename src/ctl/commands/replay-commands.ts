// The commands about the replay: what it does, how it shall go, that it shall wait.

import { type Command, Option } from 'commander';
import { parseRateBytes } from '../flag-value.ts';
import { parseMoment } from '../time-flag.ts';
import { controlCommand, examples, flag, type RunCommand } from './command-flags.ts';

export function addReplayCommands(program: Command, run: RunCommand): void {
  const replay = program
    .command('replay')
    .description('how the vault goes back into the pipeline, and how long it takes');
  addStatus(replay, run);
  addStart(replay, run);
  addPause(replay, run);
  addResume(replay, run);
}

function addStatus(replay: Command, run: RunCommand): void {
  controlCommand(
    replay
      .command('status')
      .description('what the replay does and why, what is set, what waits and how long'),
  )
    .addHelpText('after', examples('gs-ctl replay status', 'gs-ctl replay status -o json'))
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { replayStatus } = await import('../replay.ts');
        return replayStatus({ ...flags, timeoutMs }, terminal);
      }),
    );
}

function addStart(replay: Command, run: RunCommand): void {
  const moment = flag((text: string) => parseMoment(text, Date.now()));
  controlCommand(
    replay
      .command('start')
      .description('replay like this from now on; what is left out is as configured')
      .addOption(new Option('--order <order>', 'which goes first').choices(['oldest', 'newest']))
      .option('--rate <rate>', 'in Green, as 20MiB; Yellow is no faster', flag(parseRateBytes))
      .option('--from <time>', 'only what was received from then on, as 2h (ago) or a date', moment)
      .option('--to <time>', 'only what was received before', moment)
      .option('--dry-run', 'count what would be sent, and change nothing (role viewer)')
      .option('--reason <text>', 'for the audit log')
      .option('-y, --yes', 'do not ask'),
  )
    .addHelpText(
      'after',
      examples(
        'gs-ctl replay start --dry-run --from 2h',
        'gs-ctl replay start --order newest --rate 20MiB',
        'gs-ctl replay start --yes',
      ),
    )
    .action(({ rate: rateBytesPerSecond, from: fromMs, to: toMs, timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { replayStart } = await import('../replay.ts');
        return replayStart({ ...flags, rateBytesPerSecond, fromMs, toMs, timeoutMs }, terminal);
      }),
    );
}

function addPause(replay: Command, run: RunCommand): void {
  controlCommand(
    replay
      .command('pause')
      .description('hand nothing out until it is resumed, or the vault is 80 % full')
      .option('--reason <text>', 'for the audit log and everybody who asks')
      .option('-y, --yes', 'do not ask'),
  )
    .addHelpText('after', examples("gs-ctl replay pause --reason 'central restarts' --yes"))
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { replayPause } = await import('../replay.ts');
        return replayPause({ ...flags, timeoutMs }, terminal);
      }),
    );
}

function addResume(replay: Command, run: RunCommand): void {
  controlCommand(
    replay
      .command('resume')
      .description('end a pause; what was set stays')
      .option('--reason <text>', 'for the audit log')
      .option('-y, --yes', 'do not ask'),
  )
    .addHelpText('after', examples('gs-ctl replay resume --yes'))
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { replayResume } = await import('../replay.ts');
        return replayResume({ ...flags, timeoutMs }, terminal);
      }),
    );
}
