// `gophership`: reads the command line, runs one command, turns errors into text and exit codes.
// The only file of the engine that touches `process`.

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { CliProcess } from './cli/cli-process.ts';
import type { ConfigFlags } from './cli/effective-config.ts';
import type { VaultTerminal } from './cli/vault-cli.ts';
import { addVaultCommands, outputFlag } from './cli/vault-commands.ts';
import { writeAll } from './cli/write-all.ts';
import type { OutputFormat } from './ctl/terminal.ts';
import { type ErrorCode, ExitCode, GopherShipError } from './errors.ts';
import { isNotReadable } from './tls/pem-material.ts';

const program = new Command('gophership');
let exitCode: ExitCode = ExitCode.Ok;

program
  .description('Log ingestion engine: OTLP in over mutual TLS, enriched, OTLP out.')
  .version(version(), '-V, --version', 'print the version')
  .exitOverride()
  .configureOutput({ outputError: () => {} });

configFlags(program.command('run'))
  .description('run the engine until SIGTERM or SIGINT')
  .action(async (flags: ConfigFlags) => {
    const { readConfigApart } = await import('./cli/config-apart.ts');
    const reread = () => readConfigApart(flags, process.env);
    const read = reread();
    const [{ runEngine }, effective] = await Promise.all([import('./cli/run-command.ts'), read]);
    exitCode = await runEngine(effective, cliProcess(), { reread });
  });

program
  .command('dev')
  .description('make certificates and a configuration in a folder, once, and run with them')
  .option('--dir <dir>', 'the folder', '.gophership')
  .option('--set <a.b=c>', 'override a key of the configuration (repeatable)', collect, [])
  .option('--no-dashboard', 'without the page for a browser, a process of its own')
  .action(async (flags: { dir: string; set: string[]; dashboard: boolean }) => {
    const { dev } = await import('./cli/dev-command.ts');
    exitCode = await dev(flags, cliProcess());
  });

configFlags(program.command('validate'))
  .description('check a configuration and what it names on this host (exit 0 or 78)')
  .action(async (flags: ConfigFlags) => {
    const { readEffectiveConfig } = await import('./cli/effective-config.ts');
    const { validate } = await import('./cli/validate-command.ts');
    exitCode = await validate(readEffectiveConfig(flags, process.env), cliProcess());
  });

program
  .command('schema')
  .description('print the JSON Schema of the configuration')
  .action(async () => {
    const { jsonSchema } = await import('./config/schema-json.ts');
    process.stdout.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
  });

outputFlag(configFlags(program.command('signals')))
  .description(
    'what this host can say about pressure, what it says now, where Yellow and Red begin',
  )
  .option('--watch', 'again every second, until interrupted')
  .action(async (flags: ConfigFlags & { watch?: true; outputFormat: OutputFormat }) => {
    const { readEffectiveConfig } = await import('./cli/effective-config.ts');
    const { signals } = await import('./cli/signals-command.ts');
    const isConfigured = flags.config.length + flags.set.length > 0;
    const effective = isConfigured ? readEffectiveConfig(flags, process.env) : undefined;
    const watch = flags.watch === true;
    exitCode = await signals(effective, { watch }, vaultTerminal(flags.outputFormat));
  });

addVaultCommands(program, vaultTerminal, (code) => {
  exitCode = code;
});

process.on('uncaughtException', (error) => fail(error, ExitCode.AssertionFailed));
try {
  await program.parseAsync();
  process.exit(exitCode);
} catch (error) {
  fail(error, ExitCode.AssertionFailed);
}

function configFlags(command: Command): Command {
  return command
    .option(
      '--config <source>',
      'file, file:PATH, env:VARIABLE or yaml:a::b: c (repeatable, later ones win)',
      collect,
      [],
    )
    .option('--set <a.b=c>', 'override one key (repeatable)', collect, []);
}

/** stdout is data, stderr is talk. A reader that has seen enough is no fault. */
function vaultTerminal(format: OutputFormat): VaultTerminal {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCode);
  });
  return {
    out: (text) => void process.stdout.write(text),
    write(bytes) {
      try {
        writeAll(process.stdout.fd, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
        process.exit(exitCode);
      }
    },
    talk: (text) => void process.stderr.write(text),
    environment: process.env,
    directory: process.cwd(),
    format,
    isWatched: process.stderr.isTTY === true,
  };
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function version(): string {
  const packageJson = new URL('../package.json', import.meta.url);
  return String(JSON.parse(readFileSync(packageJson, 'utf8')).version);
}

function cliProcess(): CliProcess {
  const arrived: NodeJS.Signals[] = [];
  const waiting: ((signal: NodeJS.Signals) => void)[] = [];
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      const next = waiting.shift();
      if (next === undefined) arrived.push(name);
      else next(name);
    });
  }
  return {
    host: {
      version: version(),
      variables: process.env,
      architecture: process.arch,
      platform: process.platform,
    },
    directory: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    onHangup: (listener) => process.on('SIGHUP', listener),
    onStateAsked: (listener) => process.on('SIGUSR2', listener),
    nextStopSignal() {
      const signal = arrived.shift();
      if (signal !== undefined) return Promise.resolve(signal);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

/** Prints what the operator needs and ends the process; stacks only for faults of ours. */
function fail(error: unknown, otherwise: ExitCode): never {
  if (error instanceof CommanderError) {
    // --help and --version end this way too, with code 0 and nothing left to say.
    // Without a command it has printed the help, on stderr.
    if (error.exitCode !== 0 && error.code !== 'commander.help') {
      process.stderr.write(`${error.message}\n`);
    }
    process.exit(error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage);
  }
  if (error instanceof GopherShipError) {
    process.stderr.write(`error: ${error.code}: ${error.message}\n`);
    process.exit(isNotReadable(error) ? ExitCode.KeyNotReadable : exitCodeOf(error.code));
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`error: ${text}\n`);
  process.exit(otherwise);
}

function exitCodeOf(code: ErrorCode): ExitCode {
  switch (code) {
    case 'PORT_TAKEN':
      return ExitCode.PortTaken;
    case 'VAULT_LOCKED':
      return ExitCode.VaultLocked;
    case 'VAULT_FAILED':
      return ExitCode.VaultUnreadable;
    case 'CONFIG':
    case 'TLS_MATERIAL':
    case 'MEMORY_LIMIT':
    case 'VAULT_REFUSED':
    case 'VAULT_DIRECTORY':
    case 'VAULT_MEDIUM':
      return ExitCode.BadConfig;
    default:
      return ExitCode.AssertionFailed;
  }
}
