// What a command may know and do of its own process. main.ts is the only file that touches
// `process`.

import type { EngineHost } from '../engine/start-engine.ts';

export interface CliProcess {
  readonly host: EngineHost;
  readonly directory: string;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  /** The next SIGTERM or SIGINT; ones that come while nobody waits are kept. */
  nextStopSignal(): Promise<NodeJS.Signals>;
  /** SIGHUP, which would end the process if nobody listened. */
  onHangup(listener: () => void): void;
  /** SIGUSR2, likewise. */
  onStateAsked(listener: () => void): void;
}
