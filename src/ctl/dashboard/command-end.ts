// What ends a dashboard from outside.

export interface CommandEnd {
  readonly ended: Promise<void>;
  /** Signals end the process as they always do. */
  forget(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function commandEnd(): CommandEnd {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  for (const signal of signals) process.once(signal, end);
  return {
    ended,
    forget() {
      for (const signal of signals) process.off(signal, end);
    },
  };
}
