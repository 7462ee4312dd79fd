// A copy of the sources and tests in which one mutant at a time is tried. The tree itself is never
// changed.

import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { Mutant } from './mutant.ts';

const root = new URL('../..', import.meta.url).pathname;
/** Of everything that the chosen tests read. */
const copied = ['src', 'test', 'bin', 'proto', 'package.json', 'tsconfig.json'];
/** A mutant that makes a test wait for ever is killed by that too. */
const timeoutMs = 30_000;

export interface TestOutcome {
  readonly passed: boolean;
  readonly isTimeout: boolean;
  readonly output: string;
}

export class MutantWorkshop {
  readonly #directory = temporaryDirectory('mutants');

  constructor() {
    for (const path of copied)
      cpSync(join(root, path), join(this.#directory.path, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.#directory.path, 'node_modules'));
  }

  /** Runs one file of tests in the copy, always with the same seed. */
  run(testFile: string): TestOutcome {
    const { path } = this.#directory;
    // Not through --test: one process less, and nothing is left when it is killed.
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [testFile], {
      cwd: path,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      env: { PATH: process.env.PATH, GOPHERSHIP_SEED: '1', NODE_NO_WARNINGS: '1' },
      maxBuffer: 2 ** 28,
      encoding: 'utf8',
    });
    return { passed: status === 0, isTimeout: signal !== null, output: stdout + stderr };
  }

  /** Does `work` while the mutant is in place. */
  with<T>({ file, original, replacement }: Mutant, work: () => T): T {
    const path = join(this.#directory.path, 'src', file);
    const text = readFileSync(path, 'utf8');
    const parts = text.split(original);
    if (parts.length !== 2)
      throw new Error(`src/${file}: found ${parts.length - 1} times, not once: ${original}`);
    writeFileSync(path, parts.join(replacement));
    try {
      return work();
    } finally {
      writeFileSync(path, text);
    }
  }

  remove(): void {
    this.#directory.remove();
  }
}
