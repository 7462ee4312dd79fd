// Small files of /proc and /sys, read once at start, below a root that tests replace by a fixture
// tree. An absent or unreadable file is normal (other kernel, other cgroup version, hidden by a
// sandbox).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type ReadHostFile = (path: string) => string | undefined;

export function hostFiles(rootDirectory: string): ReadHostFile {
  return (path) => {
    try {
      return readFileSync(join(rootDirectory, path), 'utf8');
    } catch {
      return undefined; // whatever the reason: the caller goes on without this file
    }
  };
}
