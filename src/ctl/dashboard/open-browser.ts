// Opens the link in the user's browser. Every user of a host may read the arguments of every
// process, and the link is a secret until it is used: what the browser is given is a file that only
// its user may read, and that sends it there. A browser that may not read such files (those of some
// sandboxes) shows an error, and the link is on the terminal as well.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

export interface OpenedBrowser {
  /** Once the link is worth nothing any more. */
  forget(): void;
}

/** Undefined: there is no screen, or nothing that opens a browser. */
export function openBrowser(link: string, environment: Environment): OpenedBrowser | undefined {
  const hasScreen = Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
  if (!hasScreen) return undefined;
  const folder = redirectFolder(environment.XDG_RUNTIME_DIR);
  if (folder === undefined) return undefined;
  const forget = () => rmSync(folder, { recursive: true, force: true });
  const path = join(folder, 'open.html');
  try {
    writeFileSync(path, redirectPage(link), { mode: 0o600, flag: 'wx' });
    const opener = spawn('xdg-open', [path], {
      detached: true,
      stdio: 'ignore',
      env: { ...environment },
    });
    opener.on('error', () => {}); // the link is on the terminal
    opener.unref();
  } catch {
    // A full or read-only folder; the link is on the terminal.
    forget();
    return undefined;
  }
  return { forget };
}

/** Of 0700, below a folder of the user if there is one. */
function redirectFolder(runtimeDirectory: string | undefined): string | undefined {
  for (const parent of [runtimeDirectory, tmpdir()]) {
    if (parent === undefined || parent === '') continue;
    try {
      return mkdtempSync(join(parent, 'gophership-'));
    } catch {
      // The next one may have room.
    }
  }
  return undefined;
}

/** @param link of our own making: nothing in it needs escaping */
function redirectPage(link: string): string {
  return `<!doctype html><title>GopherShip</title><meta http-equiv="refresh" content="0;url=${link}">\n`;
}
