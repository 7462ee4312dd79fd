// `gs-ctl`: reads the command line and the environment, runs one command, turns errors into text
// and exit codes. Each command's code is imported when it runs, so that start-up stays below 150
// ms.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { CertificateRole } from './ctl/certs-issue.ts';
import { CtlError } from './ctl/ctl-error.ts';
import { CtlExit } from './ctl/exit-code.ts';
import { parseCount, parseDurationMs, parsePositive, parseSizeBytes } from './ctl/flag-value.ts';
import { apiVersion, type OutputFormat, type Terminal } from './ctl/terminal.ts';
import { GopherShipError } from './errors.ts';
import { printable } from './tls/printable.ts';

const program = new Command('gs-ctl');
let exitCode: CtlExit = CtlExit.Done;

program
  .description('Operates GopherShip: certificates, test batches.')
  .addOption(
    new Option('-o, --output <format>', 'format of stdout')
      .choices(['table', 'json', 'yaml'])
      .default('table'),
  )
  .configureHelp({ showGlobalOptions: true })
  .exitOverride()
  .configureOutput({ outputError: () => {} });

const certs = program.command('certs').description('make and look at certificates');

certs
  .command('init')
  .description('make an authority, a server and a client certificate, and a context')
  .option('--out <dir>', 'folder for the files', 'gophership-certs')
  .addOption(daysOption())
  .option('--san <name>', 'further name, address or URI of the server (repeatable)', collect, [])
  .option('--context <name>', 'name of the context to write', 'default')
  .option('--force', 'replace files that are there', false)
  .action(async (flags) => {
    const { certsInit } = await import('./ctl/certs-init.ts');
    exitCode = await certsInit(flags, terminal());
  });

certs
  .command('issue')
  .description('sign one more certificate')
  .requiredOption('--ca <dir>', 'folder with ca.pem and ca.key')
  .requiredOption('--name <name>', 'common name; also the file name')
  .addOption(
    new Option('--role <role>', 'what the certificate is for')
      .choices(['producer', 'viewer', 'operator', 'server'] satisfies CertificateRole[])
      .makeOptionMandatory(),
  )
  .option('--san <name>', 'name, address or URI (repeatable)', collect, [])
  .addOption(daysOption())
  .option('--out <dir>', 'folder for the files (default: that of the authority)')
  .option('--force', 'replace files that are there', false)
  .action(async (flags) => {
    const { certsIssue } = await import('./ctl/certs-issue.ts');
    exitCode = await certsIssue(flags, terminal());
  });

certs
  .command('inspect')
  .description('show certificates and keys, and whether they fit together (exit 1: a problem)')
  .argument('<file...>', 'PEM files')
  .action(async (files: string[]) => {
    const { certsInspect } = await import('./ctl/certs-inspect.ts');
    exitCode = await certsInspect(files, terminal());
  });

program
  .command('send')
  .description('send test batches and report acks, latency and codes (exit 1: not all acked)')
  .option('--address <host:port>', 'OTLP gRPC port of the engine (GS_CTL_ADDRESS)')
  .option('--ca <file>', 'authority of the server (GS_CTL_CA)')
  .option('--cert <file>', 'client certificate (GS_CTL_CERT)')
  .option('--key <file>', 'its key (GS_CTL_KEY)')
  .option('--context <name>', 'context to take them from (GS_CTL_CONTEXT)')
  .option('--count <n>', 'batches', flag(parseCount), 1)
  .option('--rate <n>', 'batches a second (default: one after the other)', flag(parsePositive))
  .option('--records <n>', 'records a batch', flag(parseCount), 1)
  .option('--size <bytes>', 'length of each body, as 512 or 4KiB', flag(parseSizeBytes), 0)
  .option('--timeout <duration>', 'for each batch, as 500ms or 5s', flag(parseDurationMs), 5_000)
  .action(async ({ size, timeout, ...flags }) => {
    const { send } = await import('./ctl/send.ts');
    exitCode = await send({ ...flags, sizeBytes: size, timeoutMs: timeout }, terminal());
  });

program
  .command('version')
  .description('show the version')
  .action(async () => {
    const { version } = await import('./ctl/version.ts');
    exitCode = await version(terminal());
  });

try {
  await program.parseAsync();
} catch (error) {
  exitCode = fail(error);
}
process.exitCode = exitCode;

function terminal(): Terminal {
  return {
    out: (text) => process.stdout.write(text),
    talk: (text) => process.stderr.write(text),
    environment: process.env,
    directory: process.cwd(),
    format: outputFormat(),
  };
}

function outputFormat(): OutputFormat {
  // The three choices above; commander refuses anything else.
  return (program.opts() as { output: OutputFormat }).output;
}

function fail(error: unknown): CtlExit {
  if (error instanceof CommanderError) {
    // --help and --version end this way too.
    if (error.exitCode === 0) return CtlExit.Done;
    const message = error.message.replace(/^error: /, '');
    return show('USAGE', message, 'gs-ctl --help', CtlExit.Usage);
  }
  if (error instanceof CtlError) return show(error.code, error.message, error.hint, error.exitCode);
  if (error instanceof GopherShipError) return show(error.code, error.message, '', CtlExit.No);
  throw error;
}

function show(code: string, message: string, hint: string, exit: CtlExit): CtlExit {
  const text =
    outputFormat() === 'json'
      ? JSON.stringify({ apiVersion, error: { code, message, hint } })
      : `error: ${code}: ${printable(message)}${hint === '' ? '' : `\nhint: ${printable(hint)}`}`;
  process.stderr.write(`${text}\n`);
  return exit;
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function daysOption(): Option {
  return new Option('--days <n>', 'days of validity').argParser(flag(parseCount)).default(365);
}

/** Commander shows the message of an InvalidArgumentError beside the flag's name. */
function flag<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}
