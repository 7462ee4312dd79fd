// Every way out of a live screen but its own: signals, faults that nobody catches, and being
// suspended. The terminal is restored first, then happens what would have happened anyway.

export interface GuardedScreen {
  enter(): void;
  leave(): void;
  /** Whatever was on it is not to be relied on. */
  repaint(): void;
}

/** What it needs of the process. */
export interface GuardedProcess {
  readonly pid: number;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

export class ScreenGuard {
  readonly #process: GuardedProcess;
  readonly #screen: GuardedScreen;
  readonly #listeners: readonly (readonly [event: string, listener: () => void])[];

  constructor(screen: GuardedScreen, guarded: GuardedProcess = process) {
    this.#process = guarded;
    this.#screen = screen;
    this.#listeners = [
      ...endingSignals.map((signal) => [signal, () => this.endBy(signal)] as const),
      ['SIGTSTP', () => this.suspend()],
      ['SIGCONT', () => this.#screen.repaint()],
      // Before Node writes the stack to stderr, which is the same terminal.
      ['uncaughtExceptionMonitor', () => this.#screen.leave()],
      ['exit', () => this.#screen.leave()],
    ];
  }

  begin(): void {
    for (const [event, listener] of this.#listeners) this.#process.on(event, listener);
  }

  end(): void {
    for (const [event, listener] of this.#listeners) this.#process.off(event, listener);
  }

  /** As without a guard: whoever started us sees which signal it was. */
  endBy(signal: NodeJS.Signals): void {
    this.#screen.leave();
    this.end();
    this.#process.kill(this.#process.pid, signal);
  }

  /** Returns when somebody has brought us back, or when nobody is there to do that. */
  suspend(): void {
    this.#screen.leave();
    this.end();
    // Ignored by the kernel where no shell could bring us back (POSIX, orphaned process groups).
    this.#process.kill(this.#process.pid, 'SIGTSTP');
    this.begin();
    this.#screen.enter();
    this.#screen.repaint();
  }
}

const endingSignals = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;
