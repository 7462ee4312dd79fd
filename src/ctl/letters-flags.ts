// What `gs-ctl vault dead-letter redrive` and `purge` can be told.

import type { ControlFlags } from './control-connection.ts';

export interface LettersFlags extends ControlFlags {
  readonly all?: boolean;
  readonly from?: number;
  /** One of them. */
  readonly to?: number;
  /** Unix ms. */
  readonly beforeMs?: number;
  readonly dryRun?: boolean;
  readonly reason?: string;
  readonly yes?: boolean;
}

export type LettersVerb = 'redrive' | 'purge';
