// What the client of one connection sends, and when we read it: not while there is no memory for
// it, not from somebody who does not read our answers, and slowly from somebody who floods us. What
// must wait stays in the socket, or here when it has left the socket already.

import type { Timer } from '../clock.ts';
import { landingRoomBytesMin } from '../memory/landing-pool.ts';
import { ShardCounter } from '../memory/state-page.ts';
import { unreadAnswersSizeBytesMax } from './abuse-limits.ts';
import type { ConnectionCore } from './connection-core.ts';
import type { ConnectionDeadlines } from './connection-deadlines.ts';
import type { ConnectionLife } from './connection-life.ts';
import type { ConnectionSocket } from './connection-output.ts';
import {
  frameHeaderSizeBytes,
  framePayloadSizeBytesMax,
  windowSizeBytesInitial,
} from './frame-format.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { LandingTurn } from './landing-turn.ts';
import type { CrowdMember } from './read-crowd.ts';
import { heldShareBytes, heldSizeBytesMax } from './stream-window.ts';
import { UnreadBytes } from './unread-bytes.ts';

/** Why we do not read, a bit each. */
const Pause = {
  ...{ LandingFull: 1, HoldsTooMuch: 2, SlowReader: 4, PingFlood: 8, Crowd: 16, ShutOut: 32 },
} as const;
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

export class ConnectionInput implements CrowdMember {
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
  readonly #unread: UnreadBytes;
  #soon: Timer | undefined;
  #slow: Timer | undefined;
  readonly #turn: LandingTurn;
  #fillWait: { cancel(): void } | undefined;

  constructor({ socket, core, life, deadlines, sink, settle }: InputParts) {
    this.#socket = socket;
    this.#core = core;
    this.#life = life;
    this.#deadlines = deadlines;
    this.#reader = new FrameReader(sink);
    this.#unread = new UnreadBytes(core.parts.buffers);
    this.#settle = settle;
    this.#turn = new LandingTurn(core, () => {
      this.#pauseIf(Pause.LandingFull, false);
      this.#readOn();
    });
    core.parts.crowd.join(this);
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** It could be, but others need the room. */
  get waitsForOthers(): boolean {
    return (this.#paused & (Pause.LandingFull | Pause.Crowd | Pause.ShutOut)) !== 0;
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
    this.#unread.offer(chunk);
    this.#read();
    this.#unread.keep();
  }

  /** After everything that may have changed what is held, promised or unread. */
  weigh(): void {
    this.#pauseIf(Pause.HoldsTooMuch, this.#holdsTooMuch && this.#mayPause());
    if (this.#turn.isWaiting) this.#weighWait();
    if (!this.#reading) this.#turn.weigh();
    if ((this.#paused & Pause.ShutOut) !== 0 && !this.#mayPause()) this.letIn();
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

  shutOut(): boolean {
    if (this.#paused !== 0 || this.#reading || this.#stopped || !this.#mayPause()) return false;
    this.#pauseIf(Pause.ShutOut, true);
    return true;
  }

  letIn(): void {
    this.#core.parts.crowd.forget(this);
    this.#pauseIf(Pause.ShutOut, false);
  }

  /** Whoever does not read on may never see the end of the other side. */
  readOut(): void {
    this.#paused = 0;
    this.#tellCrowd();
    this.#core.parts.crowd.forget(this);
    this.#resumed();
    this.#socket.resume();
  }

  /** Nothing that comes matters any more, not even the rest of the chunk that is being read. */
  stop(): void {
    this.#stopped = true;
    if (!this.#reading) this.#unread.clear();
    this.#reader.stop();
    this.#turn.close();
  }

  /** The socket is gone. */
  close(): void {
    this.stop();
    this.#soon?.cancel();
    this.#slow?.cancel();
    this.#fillWait?.cancel();
    this.#core.parts.crowd.leave(this);
    this.#resumed();
  }

  /** As far as there is a reason to; the rest waits for the reason to go. */
  #read(): void {
    const { clock, landing } = this.#core.parts;
    while (this.#unread.sizeBytes > 0 && this.#paused === 0 && !this.#stopped) {
      const bytes = this.#unread.first();
      const isCrowded = landing.roomBytes < landingRoomBytesMin;
      if (isCrowded && this.#mustWait()) return;
      this.#core.nowMs = clock.nowMs();
      const sizeBytesMax = isCrowded ? crowdedReadSizeBytesMax : landingRoomBytesMin;
      const isLong = bytes.length > sizeBytesMax;
      this.#reading = true;
      const readBytes = this.#reader.read(isLong ? bytes.subarray(0, sizeBytesMax) : bytes);
      this.#reading = false;
      this.#unread.read(readBytes);
      if (this.#reader.keepsFrame) this.#deadlines.frameCutOff();
      this.#settle();
    }
    if (this.#stopped) this.#unread.clear();
  }

  /** There is no room: true when this connection waits for it. */
  #mustWait(): boolean {
    const { landing } = this.#core.parts;
    if (this.#mayPause()) {
      if (this.#turn.mayRead()) return false;
      this.#pauseIf(Pause.LandingFull, true);
      this.#turn.wait();
      return true;
    }
    if (landing.mayFill) return false;
    this.#waitForOthers();
    return true;
  }

  /**
   * Messages that wait for memory hold the landing pool, and what they wait for is held by messages
   * that are on their way: whoever has one of these is read, up to its END_STREAM, or neither could
   * go on. For that half of the pool is kept. When it is full, too, they wait as long as messages
   * that are complete have memory that they will give back; when there are none, all are read on,
   * and what does not find room is refused, retryably.
   */
  #mayPause(): boolean {
    return !this.#core.streams.some((stream) => stream.isOnItsWay);
  }

  /**
   * One connection shall not fill the landing pool alone: at half of its share it is not read, if
   * that is possible, and beyond twice as much as that share its messages do not wait. Who keeps to
   * our SETTINGS never comes that far.
   */
  mayHold(sizeBytes: number): boolean {
    const { credit, parts } = this.#core;
    return credit.heldBytes + sizeBytes <= heldSizeBytesMax(parts.landing.sizeBytes);
  }

  get #holdsTooMuch(): boolean {
    const shareBytes = heldShareBytes(this.#core.parts.landing.sizeBytes);
    return this.#core.credit.heldBytes > (shareBytes + windowSizeBytesInitial) / 2;
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
    if (this.#paused !== before) this.#tellCrowd();
    if (before === 0 && this.#paused !== 0) {
      this.#socket.pause();
      this.#life.readingStopped();
    }
    if (before !== 0 && this.#paused === 0) {
      this.#resumed();
      if (this.#unread.sizeBytes === 0) this.#socket.resume();
      else this.#readSoon();
    }
  }

  #resumed(): void {
    const { counters } = this.#core.parts;
    counters.add(ShardCounter.ReadPauseMs, this.#life.readingResumed());
  }

  #tellCrowd(): void {
    this.#core.parts.crowd.waits(this, (this.#paused & (Pause.LandingFull | Pause.Crowd)) !== 0);
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

  /** Whether it is still to wait, and in this line, is seen when it is read again. */
  #weighWait(): void {
    if (this.#turn.isInLine && this.#mayPause()) return;
    this.#turn.stopWaiting();
    this.#pauseIf(Pause.LandingFull, false);
  }

  #waitForOthers(): void {
    this.#pauseIf(Pause.Crowd, true);
    this.#fillWait ??= this.#core.parts.landing.whenFillable(() => {
      this.#fillWait = undefined;
      this.#pauseIf(Pause.Crowd, false);
      this.#readOn();
    });
  }
}

/** A frame: what has been read says whether the next may be. */
const crowdedReadSizeBytesMax = frameHeaderSizeBytes + framePayloadSizeBytesMax;
