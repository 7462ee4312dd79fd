// What one connection has to say: frames gather here and go out in one write a turn of the event
// loop, together with whatever else became ready in that turn. One write is under way at a time, so
// what a slow reader leaves unread is the buffer under way and the one that fills behind it.

import { FrameWriter } from './frame-writer.ts';
import type { OutputBuffers } from './output-buffers.ts';

/** What a connection needs of its TLS socket. */
export interface ConnectionSocket {
  /** `written` is called once the bytes are with the kernel, or the socket is gone. */
  write(bytes: Uint8Array, written: () => void): void;
  pause(): void;
  resume(): void;
  /** After what was written; the peer ends its side. */
  end(): void;
  destroy(): void;
}

/** Writes for all connections of a shard that have something to say, once a turn. */
export class OutputTurn {
  #waiting: ConnectionOutput[] = [];
  readonly #schedule: (flush: () => void) => void;

  /** Tests pass their own `schedule`. */
  constructor(schedule: (flush: () => void) => void = setImmediate) {
    this.#schedule = schedule;
  }

  add(output: ConnectionOutput): void {
    this.#waiting.push(output);
    if (this.#waiting.length === 1) this.#schedule(this.#flush);
  }

  readonly #flush = () => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const output of waiting) output.flush();
  };
}

export class ConnectionOutput {
  readonly writer: FrameWriter;
  readonly #socket: ConnectionSocket;
  readonly #buffers: OutputBuffers;
  readonly #turn: OutputTurn;
  /** Less is unread than before. */
  readonly #wrote: () => void;
  #scheduled = false;
  #underWay: Buffer | undefined;
  #underWaySizeBytes = 0;
  #ending = false;
  #whenEnded: (() => void) | undefined;
  /** Whatever is appended still has nowhere to go. */
  #ended = false;
  #closed = false;

  constructor(
    socket: ConnectionSocket,
    buffers: OutputBuffers,
    turn: OutputTurn,
    wrote: () => void,
  ) {
    this.#socket = socket;
    this.#buffers = buffers;
    this.#turn = turn;
    this.#wrote = wrote;
    this.writer = new FrameWriter(buffers);
  }

  /** Appended, or with the kernel not yet. */
  get unreadSizeBytes(): number {
    return this.writer.lengthBytes + this.#underWaySizeBytes;
  }

  /** What was appended goes out at the end of this turn. */
  touch(): void {
    if (this.#scheduled || this.writer.lengthBytes === 0) return;
    this.#scheduled = true;
    this.#turn.add(this);
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#underWay !== undefined || this.#closed || this.#ended) return;
    const sizeBytes = this.writer.lengthBytes;
    if (sizeBytes === 0) {
      this.#ended = this.#ending;
      if (!this.#ended) return;
      this.#socket.end();
      this.#whenEnded?.();
      return;
    }
    this.#underWay = this.writer.take();
    this.#underWaySizeBytes = sizeBytes;
    this.#socket.write(this.#underWay.subarray(0, sizeBytes), this.#written);
  }

  /** Ends the socket once all that was appended is with the kernel, and says so. */
  end(ended?: () => void): void {
    this.#ending = true;
    this.#whenEnded = ended;
    this.flush();
  }

  /** The socket is gone: nothing is written any more. */
  close(): void {
    this.#closed = true;
    this.#buffers.give(this.writer.take());
  }

  readonly #written = () => {
    if (this.#underWay !== undefined) this.#buffers.give(this.#underWay);
    this.#underWay = undefined;
    this.#underWaySizeBytes = 0;
    if (this.#closed) return;
    this.#wrote();
    if (this.writer.lengthBytes > 0 || this.#ending) this.flush();
  };
}
