// The flags of Node that the engine's launcher sets, for an engine that is not started by it.

import { readFileSync } from 'node:fs';

export function engineNodeFlags(): string[] {
  const launcher = readFileSync(new URL('../../bin/gophership', import.meta.url), 'utf8');
  const flags = /^engine_node_flags='([^']*)'$/m.exec(launcher)?.[1];
  if (flags === undefined) throw new Error('bin/gophership has no engine_node_flags');
  return flags.split(' ');
}
