// Preloaded with --import: writes what the process loads, a URL a line, to its file descriptor 3.

import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    writeSync(3, `${resolved.url}\n`);
    return resolved;
  },
});
