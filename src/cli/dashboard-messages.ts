// What `gophership dev` and the process of its dashboard tell each other.

import type { ControlFlags } from '../ctl/control-connection.ts';

/** The first message, and the only one to the process. */
export interface DashboardQuestion {
  readonly flags: ControlFlags;
  readonly directory: string;
}

export type DashboardAnswer =
  | { readonly kind: 'open'; readonly link: string }
  /** In words for people. */
  | { readonly kind: 'refused'; readonly message: string };
