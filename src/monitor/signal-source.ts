// Where a signal comes from, for the operator: whether it lives on this host, and why not.

import type { Signal } from './signals.ts';

export interface SignalSource {
  readonly signal: Signal;
  /** As in configuration and status. */
  readonly name: string;
  /** Its file can be read; the reading itself may still wait for enough history. */
  readonly live: boolean;
  /** The path as it is read. */
  readonly file: string | undefined;
  /** Why it does not live. */
  readonly reason?: string;
}
