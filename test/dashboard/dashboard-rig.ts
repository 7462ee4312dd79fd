// The dashboard of an engine that works: `gs-ctl dashboard` in this process for an operator or a
// viewer, with the page as it is built from the sources, and producers that send what shops log.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type PageFiles, readPageFiles } from '../../src/ctl/dashboard/page-files.ts';
import { serveDashboard } from '../../src/ctl/dashboard.ts';
import { buildDashboard } from '../../tools/build-dashboard.ts';
import { type CtlHome, ctlHome } from '../control/ctl-contexts.ts';
import { fakeTerminal } from '../support/control-fake.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export type DashboardUser = 'operator' | 'viewer';

export interface DashboardRig {
  /** A link that has not been used. */
  link(user: DashboardUser): Promise<string>;
  close(): Promise<void>;
}

export async function startDashboards(controlPort: number): Promise<DashboardRig> {
  const directory = temporaryDirectory('dashboard');
  const files = await builtPage(join(directory.path, 'page'));
  const home = await ctlHome(directory.path, `127.0.0.1:${controlPort}`);
  const commands: (() => Promise<number>)[] = [];
  return {
    async link(user) {
      const command = await startCommand(home, files, user, controlPort);
      commands.push(command.end);
      return command.link;
    },
    async close() {
      await Promise.all(commands.map((end) => end()));
      directory.remove();
    },
  };
}

async function builtPage(path: string): Promise<PageFiles> {
  mkdirSync(path);
  await buildDashboard(path);
  return readPageFiles(pathToFileURL(`${path}/`));
}

async function startCommand(
  home: CtlHome,
  files: PageFiles,
  user: DashboardUser,
  controlPort: number,
) {
  const ended = Promise.withResolvers<void>();
  const shown = Promise.withResolvers<string>();
  const terminal = { ...fakeTerminal('json'), out: (text: string) => shown.resolve(text) };
  const flags = {
    ...{ address: `127.0.0.1:${controlPort}`, timeoutMs: 5_000, open: false },
    ...{ ca: home.path('ca.pem'), cert: home.path(`${user}.pem`), key: home.path(`${user}.key`) },
  };
  const run = serveDashboard(flags, terminal, { files, ended: ended.promise });
  const failed = run.then((code) => Promise.reject(new Error(`gs-ctl dashboard ended: ${code}`)));
  const said: { readonly link: string } = JSON.parse(await Promise.race([shown.promise, failed]));
  failed.catch(() => {}); // it ends with the test
  const end = () => {
    ended.resolve();
    return run;
  };
  return { link: said.link, end };
}
