// Which role each procedure of the control port needs. One row each, so that a new procedure is the
// operator's until somebody has decided.

import type { Role } from './caller.ts';

/** @param procedure `package.Service/Method`, with or without the slash of a path before it */
export function neededRole(procedure: string): Role {
  return roleByProcedure.get(procedure.replace(/^\//, '')) ?? 'operator';
}

const control = 'gophership.control.v1.ControlService';
const history = 'gophership.control.v1.HistoryService';
const caller = 'gophership.control.v1.CallerService';
const tap = 'gophership.control.v1.TapService';
const vault = 'gophership.control.v1.VaultService';
const replay = 'gophership.control.v1.ReplayService';
const drain = 'gophership.control.v1.DrainService';
const letters = 'gophership.control.v1.DeadLetterService';
const health = 'grpc.health.v1.Health';
const reflection = 'ServerReflection/ServerReflectionInfo';

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
  [`${history}/GetHistory`, 'viewer'],
  [`${caller}/GetCaller`, 'viewer'],
  [`${tap}/Tap`, 'viewer'],
  [`${vault}/ListSegments`, 'viewer'],
  [`${vault}/InspectVault`, 'viewer'],
  [`${vault}/VerifyVault`, 'viewer'],
  [`${vault}/ExportVault`, 'viewer'],
  [`${vault}/ListDeadLetters`, 'viewer'],
  [`${vault}/GetDeadLetter`, 'viewer'],
  [`grpc.reflection.v1.${reflection}`, 'viewer'],
  [`grpc.reflection.v1alpha.${reflection}`, 'viewer'],
  [`${replay}/GetReplay`, 'viewer'],
  [`${replay}/EstimateReplay`, 'viewer'],
  [`${drain}/GetDrain`, 'viewer'],
  [`${control}/SetOverride`, 'operator'],
  [`${control}/ClearOverride`, 'operator'],
  [`${replay}/StartReplay`, 'operator'],
  [`${replay}/PauseReplay`, 'operator'],
  [`${replay}/ResumeReplay`, 'operator'],
  [`${drain}/StartDrain`, 'operator'],
  [`${drain}/EndDrain`, 'operator'],
  [`${letters}/RedriveDeadLetters`, 'operator'],
  [`${letters}/PurgeDeadLetters`, 'operator'],
]);
