// A Log that keeps its lines, for tests that look at what an operator would read.

import type { Log, LogFields } from '../../src/log.ts';

export interface KeptLine {
  readonly message: string;
  readonly fields: LogFields;
}

export function keptLog(): { readonly log: Log; readonly lines: KeptLine[] } {
  const lines: KeptLine[] = [];
  const keep = (message: string, fields: LogFields = {}) => lines.push({ message, fields });
  const log: Log = {
    debug: keep,
    info: keep,
    warn: (_, message, fields) => keep(message, fields),
    error: (_, message, fields) => keep(message, fields),
  };
  return { log, lines };
}
