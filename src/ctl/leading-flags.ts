// Flags before the command, where other tools have them: `gs-ctl --context prod status`. They are
// flags of the commands here, because `certs` has other ones of the same names.

import { Command, type Option } from 'commander';
import { controlCommand, outputOption } from './commands/command-flags.ts';

/** As those commands have them that speak to an engine. */
export function leadingOptions(): Option[] {
  return [outputOption(), ...controlCommand(new Command()).options];
}

/** @param argv without the program; the flags that it begins with move behind the command */
export function leadingFlagsLast(argv: readonly string[]): string[] {
  const moved = leadingOptions().flatMap(({ short, long }) => [short, long]);
  let count = 0;
  while (count < argv.length) {
    const [spelling = '', value] = argv[count]!.split('=', 2); // below the length
    if (!moved.includes(spelling)) break;
    count += value === undefined ? 2 : 1;
  }
  const flags = argv.slice(0, count);
  const rest = argv.slice(count);
  // What follows "--" is no flag.
  const end = rest.indexOf('--');
  const at = end === -1 ? rest.length : end;
  return [...rest.slice(0, at), ...flags, ...rest.slice(at)];
}
