// `gs-ctl certs issue`: one more certificate of an authority that `certs init` made. The role goes
// into the OU, where the control port looks for it.

import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '../clock.ts';
import { parseAlternativeNames } from '../tls/alternative-names.ts';
import { certificateFolder, writePair } from '../tls/certificate-folder.ts';
import { loadMaterial } from '../tls/pem-material.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { intoFolder } from './out-folder.ts';
import { show, type Terminal } from './terminal.ts';

export const certificateRoles = ['producer', 'viewer', 'operator', 'server'] as const;
export type CertificateRole = (typeof certificateRoles)[number];

export interface CertsIssueFlags {
  readonly ca: string;
  readonly name: string;
  readonly role: CertificateRole;
  readonly san: readonly string[];
  readonly days: number;
  readonly out?: string;
  readonly force?: boolean;
}

export async function certsIssue(flags: CertsIssueFlags, terminal: Terminal): Promise<CtlExit> {
  const { role, name } = flags;
  // A server is found by its alternative names; verifiers no longer look at the common name.
  const sans = role === 'server' && flags.san.length === 0 ? [name] : flags.san;
  const names = parseAlternativeNames(sans);
  const ca = await readAuthority(flags.ca);
  const directory = resolve(flags.out ?? flags.ca);
  const stem = join(directory, fileStem(name));
  const cert = `${stem}.pem`;
  const key = `${stem}.key`;
  if (!flags.force) await refuseOverwrite([cert, key]);
  const { issue } = await import('../tls/certificate-authority.ts');
  const pair = await issue({
    ca,
    commonName: name,
    organizationalUnit: role === 'server' ? undefined : `gophership-${role}`,
    ...names,
    usage: role === 'server' ? 'server' : 'client',
    daysValid: flags.days,
  });
  await intoFolder(directory, () => writePair(cert, key, pair));
  await show(terminal, { kind: 'Certificate', name, role, cert, key }, () =>
    [`certificate ${cert}`, `key         ${key}`, ''].join('\n'),
  );
  return CtlExit.Done;
}

async function readAuthority(directory: string) {
  const { caCert, caKey } = certificateFolder(directory);
  const sources = { ca: undefined, cert: { file: caCert }, key: { file: caKey } };
  const { cert, key, warnings } = await loadMaterial(sources, systemClock.wallMs());
  if (warnings.length > 0 || cert === undefined || key === undefined) {
    throw new CtlError(
      'TLS_MATERIAL',
      CtlExit.No,
      `the authority cannot sign: ${warnings.join('; ')}`,
      'make a new one with `gs-ctl certs init`',
    );
  }
  return { certPem: cert, keyPem: key };
}

function fileStem(name: string): string {
  const stem = name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '');
  // ca.pem and ca.key are the authority itself, whatever --force says.
  if (stem !== '' && stem !== 'ca') return stem;
  throw new CtlError(
    'USAGE',
    CtlExit.Usage,
    `--name "${name}" gives no file name`,
    'choose another',
  );
}

async function refuseOverwrite(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (!exists) continue;
    throw new CtlError(
      'EXISTS',
      CtlExit.No,
      `${path} exists`,
      'choose another --name or --out, or --force to replace it',
    );
  }
}
