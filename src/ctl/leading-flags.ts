// Flags before the command, where other tools have them: `gs-ctl --context prod status`. They are
// flags of the commands here, because `certs` has other ones of the same names.

/** @param argv without the program; the flags that it begins with move behind the command */
export function leadingFlagsLast(argv: readonly string[]): string[] {
  let count = 0;
  while (count < argv.length) {
    const [spelling = '', value] = argv[count]!.split('=', 2); // below the length
    if (!movedFlags.has(spelling)) break;
    count += value === undefined ? 2 : 1;
  }
  const flags = argv.slice(0, count);
  const rest = argv.slice(count);
  // What follows "--" is no flag.
  const end = rest.indexOf('--');
  const at = end === -1 ? rest.length : end;
  return [...rest.slice(0, at), ...flags, ...rest.slice(at)];
}

const movedFlags: ReadonlySet<string> = new Set([
  '-o',
  ...['--output', '--address', '--ca', '--cert', '--key', '--context', '--timeout'],
]);
