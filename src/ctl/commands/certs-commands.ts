// The commands that make certificates and look at them.

import { type Command, Option } from 'commander';
import type { CertificateRole } from '../certs-issue.ts';
import { collect, daysOption, examples, type RunCommand } from './command-flags.ts';

export function addCertsCommands(program: Command, run: RunCommand): void {
  const certs = program.command('certs').description('make and look at certificates');

  certs
    .command('init')
    .description('make an authority, a server and a client certificate, and a context')
    .option('--out <dir>', 'folder for the files', 'gophership-certs')
    .addOption(daysOption())
    .option('--san <name>', 'further name, address or URI of the server (repeatable)', collect, [])
    .option('--context <name>', 'name of the context to write', 'default')
    .option('--force', 'replace files that are there')
    .addHelpText('after', examples('gs-ctl certs init --out tls --san logs.example.com'))
    .action((flags) =>
      run(async (terminal) => {
        const { certsInit } = await import('../certs-init.ts');
        return certsInit(flags, terminal);
      }),
    );

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
    .option('--force', 'replace files that are there')
    .addHelpText(
      'after',
      examples(
        'gs-ctl certs issue --ca tls --name web-1 --role producer',
        'gs-ctl certs issue --ca tls --name ann --role operator --days 30',
      ),
    )
    .action((flags) =>
      run(async (terminal) => {
        const { certsIssue } = await import('../certs-issue.ts');
        return certsIssue(flags, terminal);
      }),
    );

  certs
    .command('inspect')
    .description('show certificates and keys, and whether they fit together (exit 1: a problem)')
    .argument('<file...>', 'PEM files')
    .addHelpText('after', examples('gs-ctl certs inspect tls/*.pem tls/*.key'))
    .action((files: string[]) =>
      run(async (terminal) => {
        const { certsInspect } = await import('../certs-inspect.ts');
        return certsInspect(files, terminal);
      }),
    );
}
