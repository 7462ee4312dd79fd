// The log of one destination: every line carries its id, and so the lines of one destination hold
// back no other's.

import type { Log } from '../log.ts';

export function destinationLog(log: Log, exporter: string): Log {
  return {
    debug: (message, fields) => log.debug(message, { exporter, ...fields }),
    info: (message, fields) => log.info(message, { exporter, ...fields }),
    warn: (code, message, fields) => log.warn(code, message, { exporter, ...fields }),
    error: (code, message, fields) => log.error(code, message, { exporter, ...fields }),
  };
}
