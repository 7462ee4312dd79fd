// Which role a certificate has: its OU and URI names against `control.roles`, letter by letter.

import type { ControlConfig } from '../config/config.ts';
import type { PeerIdentity } from '../tls/peer-identity.ts';
import type { Caller, Role } from './caller.ts';

/** A peer that has gone already is nobody. */
export function callerOf(
  identity: PeerIdentity | undefined,
  configured: ControlConfig['roles'],
): Caller {
  if (identity === undefined) return { subject: '', role: 'none' };
  const names = new Set([
    ...identity.organizationalUnits.map((unit) => `OU=${unit}`),
    ...identity.uriSans.map((uri) => `URI=${uri}`),
  ]);
  return { subject: identity.subject, role: highestRole(names, configured) };
}

function highestRole(names: ReadonlySet<string>, configured: ControlConfig['roles']): Role {
  if (configured.operator.some((entry) => names.has(entry))) return 'operator';
  return configured.viewer.some((entry) => names.has(entry)) ? 'viewer' : 'none';
}
