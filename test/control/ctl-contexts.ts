// A person's home with a context of gs-ctl for each role, and gs-ctl as that person runs it.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type CtlRun, gsCtl } from '../ctl/gs-ctl.ts';
import { testCertificates } from '../support/certificates.ts';
import { controlCertificates } from './control-certificates.ts';

export interface CtlHome {
  /** Runs gs-ctl, as an operator unless a context is named, and checks its exit code. */
  run(exitCode: number, args: readonly string[], talk?: RegExp): Promise<CtlRun>;
  /** A file below the home. */
  path(name: string): string;
}

/** Contexts `operator` (the current one), `viewer` and `producer`, all for this address. */
export async function ctlHome(
  directory: string,
  address: string,
  further: Readonly<Record<string, object>> = {},
): Promise<CtlHome> {
  const home = join(directory, 'home');
  const folder = join(home, '.config', 'gophership');
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string) => {
    const path = join(home, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const { caPem, otherCaPem, otherClient } = await testCertificates();
  const ca = write('ca.pem', caPem);
  write('other-ca.pem', otherCaPem);
  const { operator, viewer, producer, expired } = await controlCertificates();
  const pairs = { operator, viewer, producer, expired, stranger: otherClient };
  const contexts = Object.entries(pairs).map(([name, pair]) => {
    const cert = write(`${name}.pem`, pair.certPem);
    const key = write(`${name}.key`, pair.keyPem);
    return [name, { address, ca, cert, key }] as const;
  });
  const known = contexts.filter(([name]) => ['operator', 'viewer', 'producer'].includes(name));
  const file = {
    apiVersion: 'gophership/v1',
    current: 'operator',
    contexts: { ...Object.fromEntries(known), ...further },
  };
  writeFileSync(join(folder, 'ctl.yaml'), stringify(file), { mode: 0o600 });
  return {
    path: (name) => join(home, name),
    async run(exitCode, args, talk) {
      const run = await gsCtl(home, args);
      const what = `gs-ctl ${args.join(' ')}\n${run.out}${run.talk}`;
      assert.equal(run.exitCode, exitCode, what);
      if (talk !== undefined) assert.match(run.talk, talk, what);
      return run;
    },
  };
}
