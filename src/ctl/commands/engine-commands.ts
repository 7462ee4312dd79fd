// The commands that ask an engine how it is: status, health, explain, events, ledger.

import { type Command, Option } from 'commander';
import { parseCount } from '../flag-value.ts';
import { controlCommand, examples, flag, type RunCommand } from './command-flags.ts';

export function addEngineCommands(program: Command, run: RunCommand): void {
  addStatus(program, run);
  addHealth(program, run);
  addExplain(program, run);
  addEvents(program, run);
  addLedger(program, run);
}

function addStatus(program: Command, run: RunCommand): void {
  controlCommand(
    program
      .command('status')
      .description(
        'zone and reason, signals, flow, destinations, vault (exit 0 Green, 1 Yellow, 2 Red, 3 unknown)',
      )
      .option('-w, --watch', 'a line each time the engine tells it, until interrupted')
      .option('--all-contexts', 'a line for the engine of each context'),
  )
    .addHelpText(
      'after',
      examples(
        'gs-ctl status',
        'gs-ctl status --context prod -o json',
        'gs-ctl status --watch',
        'gs-ctl status --all-contexts || echo "not everything is Green"',
      ),
    )
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { status } = await import('../status.ts');
        return status({ ...flags, timeoutMs }, terminal);
      }),
    );
}

function addHealth(program: Command, run: RunCommand): void {
  controlCommand(
    program
      .command('health')
      .description('whether the engine serves; needs no role (exit 0 yes, 1 no or any error)')
      .option('--all-contexts', 'the engine of each context'),
  )
    .addHelpText('after', examples('gs-ctl health --timeout 1s', 'gs-ctl health --all-contexts'))
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { health } = await import('../health.ts');
        return health({ ...flags, timeoutMs }, terminal);
      }),
    );
}

function addExplain(program: Command, run: RunCommand): void {
  controlCommand(
    program
      .command('explain')
      .description('why this zone: signals, thresholds, what has to move for it to be left')
      .option(
        '--last <n>',
        'so many of the last changes, with their evidence',
        flag(parseCount),
        1,
      ),
  )
    .addHelpText('after', examples('gs-ctl explain', 'gs-ctl explain --last 10'))
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { explain } = await import('../explain.ts');
        return explain({ ...flags, timeoutMs }, terminal);
      }),
    );
}

function addEvents(program: Command, run: RunCommand): void {
  controlCommand(
    program
      .command('events')
      .description('changes of the zone and what operators did, oldest first')
      .option('-w, --watch', 'and then each one as it comes, until interrupted')
      .option('--last <n>', 'only so many (default: all that the engine keeps)', flag(parseCount)),
  )
    .addHelpText(
      'after',
      examples('gs-ctl events --last 20', 'gs-ctl events --watch -o json | jq .kind'),
    )
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { events } = await import('../events.ts');
        return events({ ...flags, timeoutMs }, terminal);
      }),
    );
}

function addLedger(program: Command, run: RunCommand): void {
  controlCommand(
    program
      .command('ledger')
      .description('where every batch went, and whether none is missing (exit 1: one is)')
      .addOption(
        new Option('--by <what>', 'also what came from each producer').choices(['source']),
      ),
  )
    .addHelpText(
      'after',
      examples(
        'gs-ctl ledger',
        'gs-ctl ledger --by source',
        'gs-ctl ledger -o json | jq .isBalanced',
      ),
    )
    .action(({ timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { ledger } = await import('../ledger.ts');
        return ledger({ ...flags, timeoutMs }, terminal);
      }),
    );
}
