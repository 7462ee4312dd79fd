// What a check of the doctor says: how good it is, what was found, and what to do about it. Probing
// the host is one function of a check; what the facts mean is another, which touches nothing.

export type FindingLevel = 'fine' | 'warning' | 'failure';

export interface Finding {
  /** `sync_latency`; programs match on it. */
  readonly check: string;
  readonly level: FindingLevel;
  readonly found: string;
  /** What to do; undefined: nothing. */
  readonly hint?: string;
}

export function fine(check: string, found: string): Finding {
  return { check, level: 'fine', found };
}

/** It works, but worse than it could, or not for long. */
export function warning(check: string, found: string, hint: string): Finding {
  return { check, level: 'warning', found, hint };
}

/** The engine does not start so, or loses what it should keep. */
export function failure(check: string, found: string, hint: string): Finding {
  return { check, level: 'failure', found, hint };
}

/** Of all of them together. */
export function worstLevel(findings: readonly Finding[]): FindingLevel {
  const levels = new Set(findings.map(({ level }) => level));
  if (levels.has('failure')) return 'failure';
  return levels.has('warning') ? 'warning' : 'fine';
}
