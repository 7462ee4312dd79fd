// `gs-ctl`: reads the command line and the environment, runs one command, turns errors into text
// and exit codes. Each command's code is imported when it runs, so that start-up stays below 150
// ms.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { ctlProgram } from './ctl/commands/ctl-program.ts';
import { usageFault } from './ctl/commands/usage-fault.ts';
import { asCtlError } from './ctl/ctl-error.ts';
import { CtlExit } from './ctl/exit-code.ts';
import { leadingFlagsLast } from './ctl/leading-flags.ts';
import { apiVersion, type OutputFormat, type Terminal } from './ctl/terminal.ts';
import { wantsColours } from './ctl/text-style.ts';
import { printable } from './tls/printable.ts';

let exitCode: number = CtlExit.Done;

const program = ctlProgram(async (command) => {
  exitCode = await command(terminal());
}, ownVersion);
const words = leadingFlagsLast(process.argv.slice(2));

// A reader that has seen enough is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // EIO: the terminal is gone.
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  process.exit(exitCode);
});

try {
  await program.parseAsync(words, { from: 'user' });
} catch (error) {
  exitCode = fail(error);
}
process.exitCode = exitCode;

function terminal(): Terminal {
  const isWatched = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    out: (text) => process.stdout.write(text),
    talk: (text) => process.stderr.write(text),
    environment: process.env,
    directory: process.cwd(),
    format: outputFormat(),
    engineProgram: fileURLToPath(import.meta.url.replace(/ctl-main(?=\.[jt]s$)/, 'main')),
    isWatched: process.stderr.isTTY === true,
    ...screen(),
    ...(process.stdout.isTTY ? {} : { writeBytes }),
    ...(isWatched ? { ask } : {}),
  };
}

/** What tables and live screens have to know of the terminal on stdout. */
function screen(): Partial<Terminal> {
  const { stdin: input, stdout: output } = process;
  if (output.isTTY !== true) return {};
  return {
    hasColours: wantsColours(process.env, true),
    size: { columns: output.columns, rows: output.rows },
    ...(input.isTTY === true ? { screen: { input, output } } : {}),
  };
}

function writeBytes(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(bytes, () => resolve()); // of a failure hears whoever listens to stdout
  });
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await new Promise<string | undefined>((resolve) => {
    lines.question(question, resolve);
    // Who ends the input, or interrupts, has not said yes.
    lines.once('close', () => resolve(undefined));
  });
  lines.close();
  if (answer === undefined) process.stderr.write('\n');
  return answer ?? '';
}

function ownVersion(): string {
  const packageJson = new URL('../package.json', import.meta.url);
  return String(JSON.parse(readFileSync(packageJson, 'utf8')).version);
}

function outputFormat(): OutputFormat {
  // The three choices of the flag; commander refuses anything else.
  return (program.opts() as { output: OutputFormat }).output;
}

function fail(error: unknown): number {
  if (error instanceof CommanderError) {
    // --help and --version end this way too.
    if (error.exitCode === 0) return CtlExit.Done;
    // Without a command it has printed the help, on stderr.
    if (error.code === 'commander.help') return CtlExit.Usage;
    const { message, hint } = usageFault(error, program, words);
    return show('USAGE', message, hint, CtlExit.Usage);
  }
  const known = asCtlError(error);
  if (known === undefined) throw error;
  return show(known.code, known.message, known.hint, known.exitCode);
}

function show(code: string, message: string, hint: string, exit: number): number {
  // A configuration may have many problems; what came from an engine makes no lines of its own.
  const lines = code === 'CONFIG' ? message.split('\n') : [message];
  const text =
    outputFormat() === 'json'
      ? printable(JSON.stringify({ apiVersion, error: { code, message, hint } }))
      : [
          `error: ${code}: ${lines.map(printable).join('\n  ')}`,
          ...(hint === '' ? [] : [`hint: ${printable(hint)}`]),
        ].join('\n');
  process.stderr.write(`${text}\n`);
  return exit;
}
