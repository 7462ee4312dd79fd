// Which role each procedure of the control port needs. One row each, so that a new procedure is the
// operator's until somebody has decided.

import type { Role } from './caller.ts';

/** @param procedure `package.Service/Method`, with or without the slash of a path before it */
export function neededRole(procedure: string): Role {
  return roleByProcedure.get(procedure.replace(/^\//, '')) ?? 'operator';
}

const control = 'gophership.control.v1.ControlService';
const health = 'grpc.health.v1.Health';

export const roleByProcedure: ReadonlyMap<string, Role> = new Map<string, Role>([
  [`${health}/Check`, 'none'],
  [`${health}/Watch`, 'none'],
  [`${control}/GetStatus`, 'viewer'],
  [`${control}/WatchStatus`, 'viewer'],
  [`${control}/Explain`, 'viewer'],
  [`${control}/ListEvents`, 'viewer'],
  [`${control}/WatchEvents`, 'viewer'],
  [`${control}/GetLedger`, 'viewer'],
  [`${control}/GetConfig`, 'viewer'],
  [`${control}/SetOverride`, 'operator'],
  [`${control}/ClearOverride`, 'operator'],
]);
