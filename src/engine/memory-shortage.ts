// Whether there is memory for a thread that operators want for a moment, by the signals of memory.
// The batches' arena is not asked: such a thread takes nothing of it.

import { MiB, vaultReadingSizeBytes } from '../limits.ts';
import { signalTable } from '../monitor/signal-table.ts';
import { Signal } from '../monitor/signals.ts';
import type { SignalState } from '../monitor/zone-explain.ts';

const askedNames = new Set(
  signalTable
    .filter(({ isMemory, signal }) => isMemory && signal !== Signal.Arena)
    .map(({ name }) => name),
);
const fallingNames = new Set(
  signalTable.filter(({ isFalling }) => isFalling).map(({ name }) => name),
);

/**
 * Names of those at their threshold of Yellow. Whether anything grows is not asked: a heap that a
 * flood has left large makes no zone by itself, and a thread on top of it would.
 */
export function shortMemory(signals: readonly SignalState[]): string[] {
  return signals.filter(isShort).map(({ name }) => name);
}

/** What is missing for one more such thread, in words. `roomBytes`: planned and not in use. */
export function missingRoom(roomBytes: number): string | undefined {
  // Where nobody knows it, the signals decide.
  if (!(roomBytes < vaultReadingSizeBytes)) return undefined;
  const [room, need] = [Math.max(0, roomBytes), vaultReadingSizeBytes].map(wholeMiB);
  return `memory is short (${room} MiB of what is planned are free, and it takes ${need})`;
}

function wholeMiB(sizeBytes: number): number {
  return Math.floor(sizeBytes / MiB);
}

function isShort({ name, value, yellow }: SignalState): boolean {
  if (!askedNames.has(name) || !Number.isFinite(yellow)) return false;
  return fallingNames.has(name) ? value <= yellow : value >= yellow;
}
