// Who calls, and what that one may do. Roles come from the certificate alone.

/** Each may what stands before it may. `none`: ingest and health only. */
export const roles = ['none', 'viewer', 'operator'] as const;
export type Role = (typeof roles)[number];

export interface Caller {
  /** The certificate's subject, one line, escaped. */
  readonly subject: string;
  readonly role: Role;
}

export function mayAct(caller: Caller, needed: Role): boolean {
  return roles.indexOf(caller.role) >= roles.indexOf(needed);
}
