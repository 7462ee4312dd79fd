// What is said between config-apart.ts and config-process.ts: plain data, one of each.

import type { ErrorCode } from '../errors.ts';
import type { ConfigFlags, EffectiveConfig } from './effective-config.ts';

export interface ConfigQuestion {
  readonly flags: ConfigFlags;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export type ConfigAnswer =
  | { readonly kind: 'read'; readonly effective: EffectiveConfig }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };
