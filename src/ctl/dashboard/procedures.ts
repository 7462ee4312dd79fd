// What the page may ask of the engine through us. Everything else that the engine has, be it new or
// not for browsers (an export of the vault, reflection), is as good as not there.

/** One answer, or messages until somebody ends it. */
export type ProcedureKind = 'call' | 'stream';

/** @param name `package.Service/Method` */
export function procedureKind(name: string): ProcedureKind | undefined {
  return kinds.get(name);
}

/**
 * What all tabs may share: the page asks for these all the time, with the same words, and wants
 * what is newest. A tap is not among them: each has matches of its own.
 */
export function isShared(name: string): boolean {
  return shared.has(name);
}

export const statusWatch = 'gophership.control.v1.ControlService/WatchStatus';
const shared: ReadonlySet<string> = new Set([
  statusWatch,
  'gophership.control.v1.ControlService/GetStatus',
  'gophership.control.v1.HistoryService/GetHistory',
]);

/** By service of gophership.control.v1. */
export const pageProcedures: Readonly<Record<string, Readonly<Record<string, ProcedureKind>>>> = {
  ControlService: {
    ...{ GetStatus: 'call', WatchStatus: 'stream', Explain: 'call' },
    ...{ ListEvents: 'call', WatchEvents: 'stream' },
    ...{ SetOverride: 'call', ClearOverride: 'call', GetLedger: 'call', GetConfig: 'call' },
  },
  CallerService: { GetCaller: 'call' },
  HistoryService: { GetHistory: 'call' },
  ReplayService: {
    ...{ GetReplay: 'call', EstimateReplay: 'stream' },
    ...{ StartReplay: 'call', PauseReplay: 'call', ResumeReplay: 'call' },
  },
  DrainService: { GetDrain: 'call', StartDrain: 'call', EndDrain: 'call' },
  VaultService: {
    ...{ ListSegments: 'call', InspectVault: 'stream', VerifyVault: 'stream' },
    ...{ ListDeadLetters: 'call', GetDeadLetter: 'call' },
  },
  DeadLetterService: { RedriveDeadLetters: 'stream', PurgeDeadLetters: 'stream' },
  TapService: { Tap: 'stream' },
};

const kinds: ReadonlyMap<string, ProcedureKind> = new Map(
  Object.entries(pageProcedures).flatMap(([service, methods]) =>
    Object.entries(methods).map(([method, kind]) => [
      `gophership.control.v1.${service}/${method}`,
      kind,
    ]),
  ),
);
