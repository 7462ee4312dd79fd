// Flags that several commands of gs-ctl have, and how their values become the arguments of the code
// that runs.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseCount, parseDurationMs } from '../flag-value.ts';
import type { Terminal } from '../terminal.ts';

/** Runs what a command does; its result is the exit code of the process. */
export type RunCommand = (command: (terminal: Terminal) => Promise<number>) => Promise<void>;

/** The engine that a command speaks to, and how long it waits for it. */
export function controlCommand(command: Command): Command {
  const timeout = timeoutOption('for the connection and the answer').helpGroup(targetGroup);
  return targetFlags(command, 'its control port').addOption(timeout);
}

export function timeoutOption(text: string): Option {
  return new Option('--timeout <duration>', text)
    .argParser(flag(parseDurationMs))
    .default(5_000, '5s');
}

export function targetFlags(command: Command, port: string): Command {
  const flags = {
    '--address <host:port>': `${port} (GS_CTL_ADDRESS)`,
    '--ca <file>': 'authority of its certificate (GS_CTL_CA)',
    '--cert <file>': 'our certificate (GS_CTL_CERT)',
    '--key <file>': 'the key of it (GS_CTL_KEY)',
    '--context <context>': 'context to take them from (GS_CTL_CONTEXT)',
  };
  for (const [words, description] of Object.entries(flags)) {
    command.addOption(new Option(words, description).helpGroup(targetGroup));
  }
  return command;
}

const targetGroup = 'Engine:';

export function outputOption(): Option {
  return new Option('-o, --output <format>', 'format of stdout')
    .choices(['table', 'json', 'yaml'])
    .default('table');
}

export function daysOption(): Option {
  return new Option('--days <n>', 'days of validity').argParser(flag(parseCount)).default(365);
}

export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** Commander shows the message of an InvalidArgumentError beside the flag's name. */
export function flag<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}

/** Lines of the end of a help text. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
