// The command that sends test batches.

import type { Command } from 'commander';
import { parseCount, parsePositive, parseSizeBytes } from '../flag-value.ts';
import { examples, flag, type RunCommand, targetFlags, timeoutOption } from './command-flags.ts';

export function addSendCommand(program: Command, run: RunCommand): void {
  targetFlags(
    program
      .command('send')
      .description('send test batches and report acks, latency and codes (exit 1: not all acked)')
      .option('--count <n>', 'batches', flag(parseCount), 1)
      .option('--rate <n>', 'batches a second (default: one after the other)', flag(parsePositive))
      .option('--records <n>', 'records a batch', flag(parseCount), 1)
      .option('--size <bytes>', 'length of each body, as 512 or 4KiB', flag(parseSizeBytes), 0)
      .addOption(timeoutOption('for each batch, as 500ms or 1m30s')),
    'its OTLP gRPC port',
  )
    .addHelpText(
      'after',
      examples('gs-ctl send', 'gs-ctl send --count 1000 --rate 100 --records 50 --size 1KiB'),
    )
    .action(({ size: sizeBytes, timeout: timeoutMs, ...flags }) =>
      run(async (terminal) => {
        const { send } = await import('../send.ts');
        return send({ ...flags, sizeBytes, timeoutMs }, terminal);
      }),
    );
}
