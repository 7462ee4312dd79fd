// What the `vault` commands share: what they write to, and opening the directory.

import { resolve } from 'node:path';
import { systemClock } from '../clock.ts';
import type { OutputFormat, Terminal } from '../ctl/terminal.ts';
import { OfflineVault } from '../vault/offline.ts';

/** The world of one command; `write` takes what is no text. */
export interface VaultTerminal extends Terminal {
  readonly write: (bytes: Uint8Array) => void;
  /** Talk goes to somebody who watches. */
  readonly isWatched: boolean;
}

export interface VaultFlags {
  readonly output: OutputFormat;
}

export function openVault(directory: string, terminal: VaultTerminal): OfflineVault {
  return new OfflineVault(resolve(terminal.directory, directory), systemClock);
}
