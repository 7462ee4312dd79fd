// What is wrong with a command line, as commander says it, in the form of all errors.

import type { Command, CommanderError } from 'commander';

/** @param words of the command line; those that lead to a command come first */
export function usageFault(
  { message }: Pick<CommanderError, 'message'>,
  program: Command,
  words: readonly string[],
): { readonly message: string; readonly hint: string } {
  return {
    // `unknown command 'staus'`, and what may have been meant on a line of its own.
    message: message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' '),
    hint: `${commandPath(program, words).join(' ')} --help`,
  };
}

function commandPath(command: Command, [word, ...rest]: readonly string[]): string[] {
  const next = command.commands.find((child) => child.name() === word);
  return [command.name(), ...(next === undefined ? [] : commandPath(next, rest))];
}
