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
