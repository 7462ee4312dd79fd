// Space on disk for what a bench stores: asked for before, looked at after.

import { lstatSync, readdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Left to the machine. */
const spareBytes = 4 * 2 ** 30;

/** Throws when the file system of `path` has not so much. */
export function expectDiskRoom(path: string, neededBytes: number): void {
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize >= neededBytes + spareBytes) return;
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new Error(
    `${gib(bavail * bsize)} free at ${path}, ${gib(neededBytes + spareBytes)} needed; ` +
      'TMPDIR names another place',
  );
}

/** Allocated to the files below `directory`, holes left out. */
export function storedBytes(directory: string): number {
  let bytes = 0;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // The engine may have deleted it in between.
    const stat = lstatSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    bytes += (stat?.blocks ?? 0) * 512;
  }
  return bytes;
}
