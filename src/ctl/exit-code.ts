// Exit codes of gs-ctl. Scripts depend on them: added to, never changed.

export const CtlExit = {
  Done: 0,
  /** The answer is no: something was not acknowledged, a certificate has expired. */
  No: 1,
  Unreachable: 3,
  Denied: 4,
  NotFound: 5,
  TimedOut: 6,
  Usage: 64,
} as const;
export type CtlExit = (typeof CtlExit)[keyof typeof CtlExit];

/** Of `status`, which says the zone with it, as monitoring plugins do. */
export const StatusExit = {
  Green: 0,
  Yellow: 1,
  Red: 2,
  /** Also for every error but a wrong command line. */
  Unknown: 3,
} as const;
export type StatusExit = (typeof StatusExit)[keyof typeof StatusExit];

/** Of `doctor`: the worst of what it found. */
export const DoctorExit = {
  Fine: 0,
  Warning: 1,
  Failure: 2,
} as const;
export type DoctorExit = (typeof DoctorExit)[keyof typeof DoctorExit];
