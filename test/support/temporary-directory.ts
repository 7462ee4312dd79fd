// Directories that live as long as a test: made below the system's temporary folder, removed with
// everything in them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryDirectory {
  readonly path: string;
  remove(): void;
}

export function temporaryDirectory(name: string): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), `gophership-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
