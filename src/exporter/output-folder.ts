// Makes the folder that a file destination writes to. Not with mkdir's `recursive`: where the
// kernel answers ENOENT although the parent is there (below /proc), Node 26 tries for ever.

import type { promises as nodeFiles } from 'node:fs';
import { dirname } from 'node:path';

/** Resolves with the topmost folder that was made, undefined when all were there. */
export async function makeFolder(
  calls: Pick<typeof nodeFiles, 'mkdir'>,
  directory: string,
  mode: number,
): Promise<string | undefined> {
  try {
    return (await makeOne(calls, directory, mode)) ? directory : undefined;
  } catch (error) {
    const parent = dirname(directory);
    if (codeOf(error) !== 'ENOENT' || parent === directory) throw error;
    const topmost = await makeFolder(calls, parent, mode);
    return (await makeOne(calls, directory, mode)) ? (topmost ?? directory) : topmost;
  }
}

/** False when something of that name is there. */
async function makeOne(
  calls: Pick<typeof nodeFiles, 'mkdir'>,
  directory: string,
  mode: number,
): Promise<boolean> {
  try {
    await calls.mkdir(directory, { mode });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
