// A folder to try a disk in, where the vault is or will be: a new one of our own, which is gone
// afterwards. Nothing of a vault that is there is touched, also while an engine runs on it.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from './error-code.ts';

export type ProbeFolder =
  | {
      readonly kind: 'folder';
      readonly path: string;
      /** The vault's directory, or the one above that is there already. */
      readonly parent: string;
      remove(): void;
    }
  /** It cannot be made: why. */
  | { readonly kind: 'refused'; readonly parent: string; readonly reason: string };

export function makeProbeFolder(directory: string): ProbeFolder {
  const parent = existingParent(resolve(directory));
  try {
    const path = mkdtempSync(join(parent, '.gophership-doctor-'));
    return { kind: 'folder', path, parent, remove: () => rmSync(path, removal) };
  } catch (error) {
    return { kind: 'refused', parent, reason: errorCode(error) };
  }
}

const removal = { recursive: true, force: true } as const;

/** The root always exists. */
function existingParent(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    if (statSync(at, { throwIfNoEntry: false })?.isDirectory() === true || at === dirname(at)) {
      return at;
    }
  }
}
