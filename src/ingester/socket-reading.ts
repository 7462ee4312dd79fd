// Whether a socket that node:http reads is read at all. Node resumes its socket by itself, after
// each message and whenever a body is consumed, so that a pause of ours would not last: while it is
// stopped here, resume() does nothing.

import type { TLSSocket } from 'node:tls';

export class SocketReading {
  readonly #socket: TLSSocket;
  #isStopped = false;

  /** For a socket that node:http has already. */
  constructor(socket: TLSSocket) {
    this.#socket = socket;
    const resume = socket.resume;
    socket.resume = () => (this.#isStopped ? socket : resume.call(socket));
    // A resume() takes effect in a later turn, even if a pause() came after it.
    socket.on('resume', () => {
      if (this.#isStopped) socket.emit('pause');
    });
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** What was read already is still delivered: 64 KiB, which is one read of the socket, at most. */
  stop(): void {
    this.#isStopped = true;
    this.#socket.pause();
  }

  goOn(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#socket.resume();
  }
}
