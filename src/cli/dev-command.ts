// `gophership dev`: the main job on a machine that has nothing yet. Makes certificates, a
// configuration and a context for gs-ctl below one folder, once, and runs the engine with them.

import { existsSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { systemClock } from '../clock.ts';
import { defaultConfigYaml } from '../config/default-config.ts';
import { StatusFeed, type Subscription } from '../control/status-feed.ts';
import { writeContext } from '../ctl/context-file.ts';
import { pausedLine, progressLine, readProgress } from '../engine/progress-line.ts';
import type { Supervisor } from '../engine/supervisor.ts';
import { type ExitCode, GopherShipError } from '../errors.ts';
import { createDevCertificates, type DevCertificates } from '../tls/dev-certificates.ts';
import { makeFolder } from '../tls/make-folder.ts';
import type { CliProcess } from './cli-process.ts';
import { readConfigApart } from './config-apart.ts';
import { type DashboardChild, startDashboard } from './dashboard-child.ts';
import { runEngine } from './run-command.ts';
import { welcome } from './welcome.ts';

export interface DevFlags {
  /** Folder for everything that this command makes. */
  readonly dir: string;
  /** Overrides of the configuration, `a.b=c`. */
  readonly set: readonly string[];
  /** False: --no-dashboard. */
  readonly dashboard: boolean;
}

const progressIntervalMs = 1_000;

export async function dev(flags: DevFlags, cli: CliProcess): Promise<ExitCode> {
  const folder = resolve(cli.directory, flags.dir);
  const base = isAbsolute(flags.dir) ? '/' : cli.directory;
  const { certificates, configPath } = await made(folder, base);
  const sources = { config: [configPath], set: flags.set };
  const reread = () => readConfigApart(sources, cli.host.variables);
  const effective = await reread();
  const ids = effective.config.exporters.map((exporter) => exporter.id);
  let progress: Subscription | undefined;
  let page: DashboardChild | undefined;
  try {
    return await runEngine(effective, cli, {
      reread,
      async started({ supervisor, control }) {
        const { grpc, http } = supervisor.ports;
        const grpcAddress = localAddress(grpc);
        const httpAddress = localAddress(http);
        const { caCert: ca, clientCert: cert, clientKey: key } = certificates;
        const address = localAddress(control.port);
        const context = { address, otlpAddress: grpcAddress, ca, cert, key };
        await writeContext(join(folder, 'ctl.yaml'), 'dev', context);
        const facts = { grpcAddress, httpAddress, configPath, certificates };
        cli.stderr.write(welcome(facts, (path) => relative(cli.directory, path)));
        progress = startProgress(supervisor, ids, cli);
        if (!flags.dashboard || address === undefined) return;
        const target = { address, ca, cert, key };
        page = startDashboard(target, cli.directory, (line) => say(line, cli));
      },
    });
  } finally {
    progress?.close();
    page?.end();
  }
}

/** Above the line of progress, which comes again. */
function say(line: string, { stderr }: CliProcess): void {
  stderr.write(stderr.isTTY === true ? `\r\u001b[K${line}\n` : `${line}\n`);
}

/** What is not there yet. Throws CONFIG for a folder that cannot be written. */
async function made(folder: string, base: string) {
  try {
    await makeFolder(folder, 0o700);
    const certificates = await createDevCertificates(join(folder, 'tls'));
    const configPath = join(folder, 'gophership.yaml');
    if (!existsSync(configPath)) {
      const yaml = defaultConfigYaml(devPaths(folder, certificates, base));
      writeFileSync(configPath, yaml, { mode: 0o600 });
    }
    return { certificates, configPath };
  } catch (error) {
    // A fault of ours has no code of the system.
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw new GopherShipError('CONFIG', `--dir ${folder}: cannot be written: ${error.code}`);
  }
}

/** The certificate is for localhost. */
function localAddress(port: number | undefined): string | undefined {
  return port === undefined ? undefined : `localhost:${port}`;
}

// Relative to where the command runs, as its folder is, so that the whole can be moved.
function devPaths(folder: string, certificates: DevCertificates, base: string) {
  const written = (path: string) => (base === '/' ? path : relative(base, path));
  return {
    ca: written(certificates.caCert),
    cert: written(certificates.serverCert),
    key: written(certificates.serverKey),
    output: written(join(folder, 'out', 'logs.jsonl')),
    vault: written(join(folder, 'vault')),
  };
}

/** One line a second in Green: in place on a terminal, else only when something has changed. */
function startProgress(
  { statePage, zonePage }: Supervisor,
  ids: readonly string[],
  { stderr }: CliProcess,
): Subscription {
  const feed = new StatusFeed({
    clock: systemClock,
    intervalMs: progressIntervalMs,
    zone: () => zonePage.zone.get(),
    read: () => readProgress(statePage, ids),
  });
  let before = readProgress(statePage, ids);
  let beforeMs = systemClock.nowMs();
  let printed = '';
  const print = (line: string) => {
    if (stderr.isTTY === true) stderr.write(`\r\u001b[K${line}`);
    else if (line !== printed) stderr.write(`${line}\n`);
    printed = line;
  };
  return feed.subscribe({
    snapshot(now) {
      const nowMs = systemClock.nowMs();
      print(progressLine(before, now, nowMs - beforeMs));
      [before, beforeMs] = [now, nowMs];
    },
    heartbeat: (zone) => print(pausedLine(zone)),
  });
}
