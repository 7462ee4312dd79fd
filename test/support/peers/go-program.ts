// Peers written in Go, built from a module at its version or from sources beside this file.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cachedPeer, runBuildStep } from './peer-cache.ts';

export interface GoModule {
  readonly module: string;
  /** Without the `v`. */
  readonly version: string;
  /** Folder of the program inside the module; absent when it is the module's root. */
  readonly folder?: string;
}

/** Path of the program, built if the cache lacks it. */
export function modulesGoProgram({ module, version, folder }: GoModule): Promise<string> {
  const packagePath = folder === undefined ? module : `${module}/${folder}`;
  const name = basename(packagePath);
  return cachedPeer(`${name}-${version}`, async (directory) => {
    // Not `go install PACKAGE@VERSION`: that asks for a module of each longer path too, and some
    // proxies answer such a question with more than "not found". This names the module.
    const go = (...args: string[]) =>
      runBuildStep('go', args, { cwd: directory, env: { CGO_ENABLED: '0' } });
    await go('mod', 'init', 'peer');
    await go('mod', 'edit', `-require=${module}@v${version}`);
    await go('get', packagePath);
    await go('build', '-o', name, packagePath);
    return join(directory, name);
  });
}

/** Path of the program whose go.mod, go.sum and main.go are in the folder `sourcePath`. */
export function builtGoProgram(sourcePath: string): Promise<string> {
  const name = basename(sourcePath);
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) {
    hash.update(readFileSync(join(sourcePath, file)));
  }
  return cachedPeer(`${name}-${hash.digest('hex').slice(0, 8)}`, async (directory) => {
    const path = join(directory, name);
    await runBuildStep('go', ['build', '-buildvcs=false', '-o', path, '.'], {
      cwd: sourcePath,
      env: { CGO_ENABLED: '0' },
    });
    return path;
  });
}
