// `gs-ctl certs init`: an authority, a server and a client certificate for a laptop, and a context
// that uses them, in one command.

import { access } from 'node:fs/promises';
import { type AlternativeNames, parseAlternativeNames } from '../tls/alternative-names.ts';
import {
  type CertificateFolder,
  certificateFolder,
  makeAuthority,
  makeClient,
  makeServer,
} from '../tls/certificate-folder.ts';
import { userContextPath, writeContext } from './context-file.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { intoFolder } from './out-folder.ts';
import { show, type Terminal } from './terminal.ts';

export interface CertsInitFlags {
  readonly out: string;
  readonly days: number;
  readonly san: readonly string[];
  readonly context: string;
  readonly force?: boolean;
}

export async function certsInit(flags: CertsInitFlags, terminal: Terminal): Promise<CtlExit> {
  // Names are checked before anything is written.
  const names = parseAlternativeNames(flags.san);
  const folder = certificateFolder(flags.out);
  if (!flags.force) await refuseOverwrite(folder);
  await intoFolder(folder.directory, () => makeFiles(folder, flags.days, names));
  const contextPath = userContextPath(terminal.environment);
  await writeContext(contextPath, flags.context, {
    address: 'localhost:4319',
    otlpAddress: 'localhost:4317',
    ca: folder.caCert,
    cert: folder.clientCert,
    key: folder.clientKey,
  });
  const { directory, ...files } = folder;
  await show(terminal, { kind: 'Certificates', directory, files, contextPath }, () =>
    [
      ...Object.entries(files).map(([name, path]) => `${name.padEnd(11)} ${path}`),
      `context     ${flags.context} in ${contextPath}`,
      '',
      'Listeners:  client_ca_file = caCert, cert_file = serverCert, key_file = serverKey',
      'Producers:  certificate = caCert, client certificate = clientCert, client key = clientKey',
      `More:       gs-ctl certs issue --ca ${directory} --name web-1 --role producer`,
      '',
    ].join('\n'),
  );
  return CtlExit.Done;
}

async function makeFiles(
  folder: CertificateFolder,
  days: number,
  names: AlternativeNames,
): Promise<void> {
  const ca = await makeAuthority(folder, Math.max(days, authorityDaysMin));
  await makeServer(folder, ca, days, names);
  await makeClient(folder, ca, days);
}

const authorityDaysMin = 3650;

async function refuseOverwrite(folder: CertificateFolder): Promise<void> {
  const { directory: _, ...files } = folder;
  for (const path of Object.values(files)) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (!exists) continue;
    throw new CtlError(
      'EXISTS',
      CtlExit.No,
      `${path} exists; a new authority would make every certificate of the old one useless`,
      'choose another --out, or --force to replace it; `gs-ctl certs issue` adds certificates',
    );
  }
}
