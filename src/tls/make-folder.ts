// Makes a folder and its parents, wherever one is made that a person has named. Not with mkdir's
// `recursive`: where the kernel answers ENOENT although the parent is there (below /proc), Node 26
// tries for ever.

import { promises as nodeFiles } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Resolves with the topmost folder that was made, undefined when all were there. Rejects with the
 * system's error, which names the path.
 */
export async function makeFolder(
  directory: string,
  mode: number,
  calls: Pick<typeof nodeFiles, 'mkdir'> = nodeFiles,
): Promise<string | undefined> {
  try {
    return (await makeOne(directory, mode, calls)) ? directory : undefined;
  } catch (error) {
    const parent = dirname(directory);
    if (codeOf(error) !== 'ENOENT' || parent === directory) throw error;
    const topmost = await makeFolder(parent, mode, calls);
    return (await makeOne(directory, mode, calls)) ? (topmost ?? directory) : topmost;
  }
}

/** False when something of that name is there. */
async function makeOne(
  directory: string,
  mode: number,
  calls: Pick<typeof nodeFiles, 'mkdir'>,
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
