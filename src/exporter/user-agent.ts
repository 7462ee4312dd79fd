// How we name ourselves to downstreams.

import { arch } from 'node:process';

/** "gophership/1.2.3 (linux/amd64)"; architectures by the names that container images use. */
export function userAgent(version: string): string {
  const name = arch === 'x64' ? 'amd64' : arch;
  return `gophership/${version} (linux/${name})`;
}
