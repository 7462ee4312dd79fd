// Virtual environments for peers written in Python, with packages from PyPI.

import { join } from 'node:path';
import { cachedPeer, runBuildStep } from './peer-cache.ts';

/**
 * Path of the interpreter, in an environment of this name that has these packages; made if the
 * cache lacks it.
 * @param packages each with its version, as pip has them
 */
export async function pythonWith(name: string, packages: readonly string[]): Promise<string> {
  // A virtual environment holds its own absolute path, so it cannot be moved into the cache. It is
  // made in place, and a marker file that is made last says that it is whole.
  const marker = await cachedPeer(`${name}.complete`, async (directory) => {
    const path = join(directory, '..', name);
    await runBuildStep('python3', ['-m', 'venv', '--clear', path], { cwd: directory });
    const pip = join(path, 'bin', 'pip');
    await runBuildStep(pip, ['install', '--quiet', ...packages], { cwd: directory });
    const markerPath = join(directory, 'complete');
    await runBuildStep('touch', [markerPath], { cwd: directory });
    return markerPath;
  });
  return join(marker.replace(/\.complete$/, ''), 'bin', 'python');
}
