// Whether a socket that node:http reads is read at all. Node resumes its socket by itself, after
// each message and whenever a body is consumed, so that a pause of ours would not last: while it is
// stopped here, resume() does nothing.

import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';

export class SocketReading {
  readonly #socket: TLSSocket;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #wasStopped: (forMs: number) => void;
  #stoppedMs: number | undefined;

  /** For a socket that node:http has already. `wasStopped` is called when each stop is over. */
  constructor(socket: TLSSocket, clock: Pick<Clock, 'nowMs'>, wasStopped: (forMs: number) => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.#wasStopped = wasStopped;
    const resume = socket.resume;
    socket.resume = () => (this.isStopped ? socket : resume.call(socket));
    // A resume() takes effect in a later turn, even if a pause() came after it.
    socket.on('resume', () => {
      if (this.isStopped) socket.emit('pause');
    });
  }

  get isStopped(): boolean {
    return this.#stoppedMs !== undefined;
  }

  /** What was read already is still delivered: 64 KiB, which is one read of the socket, at most. */
  stop(): void {
    this.#stoppedMs ??= this.#clock.nowMs();
    this.#socket.pause();
  }

  goOn(): void {
    if (this.#stoppedMs === undefined) return;
    this.#wasStopped(this.#clock.nowMs() - this.#stoppedMs);
    this.#stoppedMs = undefined;
    this.#socket.resume();
  }
}
