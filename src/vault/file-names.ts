// What the vault's files are called. A name is a hint: a segment is identified by its header, and a
// file whose name is not one of these is foreign, never read and never deleted.

import { assert } from '../assert.ts';
import { sequenceMax } from './field-bytes.ts';

export const metaPath = 'META';
/** Opened by nothing but SQLite: closing any other descriptor of it would give the lock away. */
export const lockPath = 'LOCK.db';
export const segmentFolder = 'seg';
export const cursorFolder = 'cursor';
export const quarantineFolder = 'quarantine';
export const deadLetterFolder = 'dead';
export const nextSparePath = 'seg/next.spare';
export const reserveSparePath = 'seg/reserve.spare';
/** Behind the name of a file that is still being filled; deleted at the next start. */
export const unfinishedSuffix = '.tmp';

export function segmentPath(segmentId: number): string {
  assert(Number.isSafeInteger(segmentId) && segmentId >= 1, 'not a segmentId');
  return `${segmentFolder}/${segmentId.toString(16).padStart(16, '0')}.vlt`;
}

/** 0: this is not the name of a segment. */
export function segmentIdOf(name: string): number {
  const digits = /^([0-9a-f]{16})\.vlt$/.exec(name)?.[1];
  const segmentId = digits === undefined ? 0 : Number.parseInt(digits, 16);
  return segmentId <= sequenceMax ? segmentId : 0;
}

/** Every consumer has its own file: what a file name cannot hold is percent-encoded. */
export function cursorPath(consumer: string): string {
  const name = encodeURIComponent(consumer).replace(/[.!'()*~]/g, percentEncoded);
  assert(consumer !== '' && name.length <= consumerNameLengthMax, 'consumer name off its limits');
  return `${cursorFolder}/${name}.cur`;
}

/** undefined: this is not the name of a cursor of ours. */
export function consumerOf(name: string): string | undefined {
  const encoded = /^([\w%-]+)\.cur$/.exec(name)?.[1];
  if (encoded === undefined) return undefined;
  try {
    const consumer = decodeURIComponent(encoded);
    return cursorPath(consumer) === `${cursorFolder}/${name}` ? consumer : undefined;
  } catch {
    return undefined; // no UTF-8 behind the percent signs: nothing of ours
  }
}

/** Derived from what it holds, so that copying twice makes one file. */
export function quarantinePath(
  segmentId: number,
  offsetBytes: number,
  lengthBytes: number,
  reason: string,
): string {
  assert(/^[a-z-]{1,40}$/.test(reason), 'reason does not fit a file name');
  return `${quarantineFolder}/${segmentId}-${offsetBytes}-${lengthBytes}-${reason}.bad`;
}

/** A file name has at most 255 bytes. */
const consumerNameLengthMax = 255 - '.cur'.length - unfinishedSuffix.length;

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
