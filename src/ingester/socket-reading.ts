// Whether a socket that node:http reads is read at all. Node resumes its socket by itself, after
// each message and whenever a body is consumed, so that a pause of ours would not last: while
// there is a reason not to read, resume() does nothing.

import type { TLSSocket } from 'node:tls';

export class SocketReading {
  readonly #socket: TLSSocket;
  readonly #reasons = new Set<object>();

  /** For a socket that node:http has already. */
  constructor(socket: TLSSocket) {
    this.#socket = socket;
    const resume = socket.resume;
    socket.resume = () => (this.isStopped ? socket : resume.call(socket));
    // A resume() takes effect in a later turn, even if a pause() came after it.
    socket.on('resume', () => {
      if (this.isStopped) socket.emit('pause');
    });
  }

  get isStopped(): boolean {
    return this.#reasons.size > 0;
  }

  /**
   * Until goOn() with the same reason. What was read already is still delivered: 64 KiB, which is
   * one read of the socket, at most.
   */
  stop(reason: object): void {
    this.#reasons.add(reason);
    this.#socket.pause();
  }

  goOn(reason: object): void {
    if (this.#reasons.delete(reason) && !this.isStopped) this.#socket.resume();
  }

  /** Whatever the reasons were. */
  release(): void {
    this.#reasons.clear();
    this.#socket.resume();
  }
}
