// `gs-ctl dashboard`: serves the page to the user's own browser and stands between it and the
// engine, because browsers and client certificates are a poor match. Ends with the command.

import { systemClock } from '../clock.ts';
import { CallerService } from '../generated/gophership/control/v1/caller_pb.js';
import { dashboardIdleMsMax } from '../limits.ts';
import { printable } from '../tls/printable.ts';
import { withControl } from './control-client.ts';
import { type ControlFlags, controlSessions } from './control-connection.ts';
import { commandEnd } from './dashboard/command-end.ts';
import { DashboardServer } from './dashboard/dashboard-server.ts';
import { EngineLink } from './dashboard/engine-link.ts';
import { linkValidMs } from './dashboard/one-time-links.ts';
import { openBrowser } from './dashboard/open-browser.ts';
import { type PageFiles, readPageFiles } from './dashboard/page-files.ts';
import { CtlExit } from './exit-code.ts';
import { durationText } from './quantity-text.ts';
import { showNext, type Terminal } from './terminal.ts';

export interface DashboardFlags extends ControlFlags {
  /** False: --no-open. */
  readonly open: boolean;
}

export async function dashboard(flags: DashboardFlags, terminal: Terminal): Promise<CtlExit> {
  const files = await readPageFiles();
  const end = commandEnd();
  try {
    return await serveDashboard(flags, terminal, { files, ended: end.ended });
  } finally {
    end.forget();
  }
}

export interface DashboardParts {
  readonly files: PageFiles;
  /** Whoever started it wants it to end. */
  readonly ended: Promise<void>;
}

export async function serveDashboard(
  flags: DashboardFlags,
  terminal: Terminal,
  { files, ended }: DashboardParts,
): Promise<CtlExit> {
  const { address, role, link, idle, close } = await openDashboard(flags, terminal, files);
  await showNext(terminal, { kind: 'Dashboard', address, role, link }, () => `${link}\n`);
  if (terminal.format === 'table') terminal.talk(explanation(address, role));
  const isWatched = flags.open && terminal.ask !== undefined;
  const browser = isWatched ? openBrowser(link, terminal.environment) : undefined;
  const forgetting = systemClock.after(linkValidMs, () => browser?.forget());
  const isIdle = await Promise.race([ended.then(() => false), idle.then(() => true)]);
  forgetting.cancel();
  browser?.forget();
  close();
  if (isIdle) {
    terminal.talk(`nobody has used the dashboard for ${durationText(dashboardIdleMsMax)}\n`);
  }
  return CtlExit.Done;
}

export interface OpenDashboard {
  /** Of the engine. */
  readonly address: string;
  /** Of whoever opened it. */
  readonly role: string;
  readonly link: string;
  /** Fulfilled when nobody has used it for long. */
  readonly idle: Promise<void>;
  close(): void;
}

export async function openDashboard(
  flags: ControlFlags,
  terminal: Terminal,
  files: PageFiles,
): Promise<OpenDashboard> {
  // Whatever is wrong with the target, the certificates or the role is said here, as always.
  const { role } = await withControl(flags, terminal, (client) =>
    client.call(CallerService, (caller, options) => caller.getCaller({}, options)),
  );
  const { address, connect } = await controlSessions(flags, terminal);
  const engine = new EngineLink({ address, connect, timeoutMs: flags.timeoutMs });
  const server = await DashboardServer.listen({ files, engine });
  return {
    ...{ address, role, link: server.createLink(), idle: server.idle },
    close() {
      server.close();
      engine.close();
    },
  };
}

function explanation(address: string, role: string): string {
  const span = durationText(linkValidMs);
  return [
    `The page of ${printable(address)}, with the role ${printable(role)}. The link opens one tab, within ${span};`,
    'nobody else should see it. Ctrl-C ends the dashboard.',
    '',
  ].join('\n');
}
