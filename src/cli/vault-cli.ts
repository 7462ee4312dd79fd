// What the `vault` commands share: opening the directory, and how times, sizes and statuses read.

import { resolve } from 'node:path';
import { systemClock } from '../clock.ts';
import type { OutputFormat, Terminal } from '../ctl/terminal.ts';
import { OfflineVault } from '../vault/offline.ts';
import { ReadStatus } from '../vault/read-status.ts';
import type { U64 } from '../vault/u64.ts';

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

export function hexId(segmentId: number): string {
  return segmentId.toString(16).padStart(16, '0');
}

export function timeText(ms: number | undefined): string {
  return ms === undefined || ms > 8.64e15 ? '-' : new Date(ms).toISOString();
}

export function timeOfNs(ns: U64): string | undefined {
  return ns.isZero ? undefined : timeText(ns.msOfNs);
}

export function hexOf(value: U64): string {
  return value.toBigInt().toString(16).padStart(16, '0');
}

export function statusText(status: ReadStatus): string {
  const name = Object.entries(ReadStatus).find(([, value]) => value === status)?.[0];
  return name ?? `status ${status}`;
}

/** 1234567 reads `1.2 MiB`. */
export function sizeText(sizeBytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
