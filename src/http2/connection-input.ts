// What the client of one connection sends, and when we read it: not while there is no memory for
// it, not from somebody who does not read our answers, and slowly from somebody who floods us. What
// must wait stays in the socket, or here when it has left the socket already.

import type { Timer } from '../clock.ts';
import { MiB } from '../limits.ts';
import { landingRoomBytesMin } from '../memory/landing-pool.ts';
import { unreadAnswersSizeBytesMax } from './abuse-limits.ts';
import type { ConnectionCore } from './connection-core.ts';
import type { ConnectionDeadlines } from './connection-deadlines.ts';
import type { ConnectionLife } from './connection-life.ts';
import type { ConnectionSocket } from './connection-output.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import type { Http2Stream } from './http2-stream.ts';

/** Why we do not read, a bit each. */
const Pause = { LandingFull: 1, HoldsTooMuch: 2, SlowReader: 4, PingFlood: 8 } as const;
type Pause = (typeof Pause)[keyof typeof Pause];

export interface InputParts {
  readonly socket: Pick<ConnectionSocket, 'pause' | 'resume'>;
  readonly core: ConnectionCore;
  readonly life: ConnectionLife;
  readonly deadlines: ConnectionDeadlines;
  readonly sink: FrameSink;
  /** A chunk was read, and what it says was done. */
  readonly settle: () => void;
}

export class ConnectionInput {
  readonly #socket: Pick<ConnectionSocket, 'pause' | 'resume'>;
  readonly #core: ConnectionCore;
  readonly #life: ConnectionLife;
  readonly #deadlines: ConnectionDeadlines;
  readonly #reader: FrameReader;
  readonly #settle: () => void;
  #receivedBytes = 0;
  #reading = false;
  #paused = 0;
  /** What comes is thrown away. */
  #stopped = false;
  /** Came when there was a reason not to read it. */
  #unread: Uint8Array = nothing;
  #soon: Timer | undefined;
  #slow: Timer | undefined;
  #roomWait: { cancel(): void } | undefined;

  constructor({ socket, core, life, deadlines, sink, settle }: InputParts) {
    this.#socket = socket;
    this.#core = core;
    this.#life = life;
    this.#deadlines = deadlines;
    this.#reader = new FrameReader(sink);
    this.#settle = settle;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** settle() follows. */
  get reading(): boolean {
    return this.#reading;
  }

  /** The chunk is valid only during the call. */
  receive(chunk: Uint8Array): void {
    if (this.#stopped) return;
    this.#receivedBytes += chunk.length;
    // A paused socket may have one more chunk to give.
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    this.#read();
    if (this.#unread.length > 0) this.#unread = Buffer.from(this.#unread); // a copy that lasts
  }

  /** After everything that may have changed what is held, promised or unread. */
  weigh(): void {
    const { credit } = this.#core;
    const holdsTooMuch = credit.heldBytes > this.#heldSizeBytesMax() / 2;
    this.#pauseIf(Pause.HoldsTooMuch, holdsTooMuch && this.#mayPause());
    const waitsForRoom = (this.#paused & Pause.LandingFull) !== 0;
    if (waitsForRoom && !this.#mayPause()) this.#pauseIf(Pause.LandingFull, false);
    this.#watchAnswers();
  }

  /** Less of our output is unread than before. */
  wrote(): void {
    if (this.#core.failed) return;
    if (this.#core.sender.blockedCount === 0) this.#deadlines.answersMoved();
    this.#watchAnswers();
  }

  /** The rest of the chunk can wait, too, when the peer does not read what we answer to it. */
  haltIfUnread(): void {
    if (this.#core.output.unreadSizeBytes > unreadAnswersSizeBytesMax) this.#reader.halt();
  }

  /** Too many PINGs. */
  slowDown(forMs: number): void {
    this.#reader.halt();
    this.#pauseIf(Pause.PingFlood, true);
    this.#slow?.cancel();
    this.#slow = this.#core.parts.clock.after(forMs, () => this.#pauseIf(Pause.PingFlood, false));
  }

  /** Whoever does not read on may never see the end of the other side. */
  readOut(): void {
    this.#paused = 0;
    this.#life.readingResumed();
    this.#socket.resume();
  }

  /** Nothing that comes matters any more, not even the rest of the chunk that is being read. */
  stop(): void {
    this.#stopped = true;
    this.#unread = nothing;
    this.#reader.stop();
  }

  /** The socket is gone. */
  close(): void {
    this.stop();
    this.#soon?.cancel();
    this.#slow?.cancel();
    this.#roomWait?.cancel();
  }

  /** As far as there is a reason to; the rest waits for the reason to go. */
  #read(): void {
    const { clock, landing } = this.#core.parts;
    while (this.#unread.length > 0 && this.#paused === 0) {
      if (landing.freeBytes < landingRoomBytesMin && this.#mayPause()) {
        this.#waitForRoom();
        return;
      }
      this.#core.nowMs = clock.nowMs();
      const isLong = this.#unread.length > landingRoomBytesMin;
      const chunk = isLong ? this.#unread.subarray(0, landingRoomBytesMin) : this.#unread;
      this.#reading = true;
      const readBytes = this.#reader.read(chunk);
      this.#reading = false;
      this.#unread = readBytes === this.#unread.length ? nothing : this.#unread.subarray(readBytes);
      if (this.#reader.keepsFrame) this.#deadlines.frameCutOff();
      this.#settle();
    }
  }

  /**
   * Messages that wait for memory hold the landing pool, and what they wait for is held by messages
   * that are on their way: whoever has one of these is read, up to its END_STREAM, or neither could
   * go on. What does not find room then is refused, retryably.
   */
  #mayPause(): boolean {
    return !this.#core.streams.some(isOnItsWay);
  }

  /**
   * One connection shall not fill the landing pool alone: at half of its share it is not read, if
   * that is possible, and beyond the whole its messages do not wait.
   */
  mayHold(sizeBytes: number): boolean {
    return this.#core.credit.heldBytes + sizeBytes <= this.#heldSizeBytesMax();
  }

  #heldSizeBytesMax(): number {
    return Math.min(MiB, this.#core.parts.landing.sizeBytes / 4);
  }

  #watchAnswers(): void {
    const { output, sender } = this.#core;
    const isUnread = output.unreadSizeBytes > unreadAnswersSizeBytesMax;
    this.#pauseIf(Pause.SlowReader, isUnread);
    this.#deadlines.answersWait(isUnread || sender.blockedCount > 0);
  }

  #pauseIf(reason: Pause, condition: boolean): void {
    const before = this.#paused;
    this.#paused = condition ? before | reason : before & ~reason;
    if (before === 0 && this.#paused !== 0) {
      this.#socket.pause();
      this.#life.readingStopped();
    }
    if (before !== 0 && this.#paused === 0) {
      this.#life.readingResumed();
      if (this.#unread.length === 0) this.#socket.resume();
      else this.#readSoon();
    }
  }

  /** Not at once: whoever has ended the pause may be in the middle of something. */
  #readSoon(): void {
    this.#soon ??= this.#core.parts.clock.after(0, () => this.#readOn());
  }

  #readOn(): void {
    this.#soon?.cancel();
    this.#soon = undefined;
    this.#read();
    if (this.#paused === 0) this.#socket.resume();
  }

  #waitForRoom(): void {
    this.#pauseIf(Pause.LandingFull, true);
    this.#roomWait ??= this.#core.parts.landing.whenRoom(() => {
      this.#roomWait = undefined;
      this.#pauseIf(Pause.LandingFull, false);
      this.#readOn();
    });
  }
}

const nothing = new Uint8Array(0);

function isOnItsWay(stream: Http2Stream): boolean {
  return stream.admitted && !stream.requestEnded && stream.answer === undefined;
}
