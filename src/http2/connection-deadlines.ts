// What the client of one connection has to do in time, and what becomes of one that does not.
// Time in which we do not read is not held against it (connection-life.ts).

import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import {
  headerBlockMsMax,
  settingsAckMsMax,
  slowReaderMsMax,
  unreadAnswersSizeBytesMax,
} from './abuse-limits.ts';
import type { ConnectionCore } from './connection-core.ts';
import { type ConnectionLife, Deadline } from './connection-life.ts';
import type { ConnectionSocket } from './connection-output.ts';
import { Http2Error } from './frame-format.ts';

export class ConnectionDeadlines {
  readonly #socket: Pick<ConnectionSocket, 'destroy'>;
  readonly #core: ConnectionCore;
  readonly #life: ConnectionLife;
  #settingsDue = true;
  #headerBlockOpen = false;
  /** The last chunk ended inside a frame. */
  #frameOpen = false;

  /** The connection begins: our SETTINGS are on their way, and the client's are due. */
  constructor(
    socket: Pick<ConnectionSocket, 'destroy'>,
    core: ConnectionCore,
    life: ConnectionLife,
  ) {
    this.#socket = socket;
    this.#core = core;
    this.#life = life;
    life.expect(Deadline.Preface, prefaceMsMax);
    life.expect(Deadline.SettingsAck, settingsAckMsMax);
  }

  settingsReceived(): void {
    this.#settingsDue = false;
    this.#life.met(Deadline.Preface);
  }

  settingsAcknowledged(): void {
    this.#life.met(Deadline.SettingsAck);
  }

  /** A header block has begun that needs more frames, or such a one is complete. */
  headerBlockOpen(isOpen: boolean): void {
    this.#headerBlockOpen = isOpen;
    if (isOpen) this.#life.expect(Deadline.HeaderBlock, headerBlockMsMax);
    else this.#life.met(Deadline.HeaderBlock);
  }

  /** A chunk has ended inside a frame other than DATA, which is kept until all of it is there. */
  frameCutOff(): void {
    if (this.#settingsDue) return; // and has its own time, which is as short
    this.#frameOpen = true;
    this.#life.expect(Deadline.HeaderBlock, headerBlockMsMax);
  }

  /** Of every frame other than DATA, once it was read and what it says was done. */
  frameRead(): void {
    if (!this.#frameOpen) return;
    this.#frameOpen = false;
    // Of a block that goes on, the time has begun with its first byte.
    if (!this.#headerBlockOpen) this.#life.met(Deadline.HeaderBlock);
  }

  /** The client has read what was under way, and more of what we wrote than there was room for. */
  answersMoved(): void {
    this.#life.met(Deadline.SlowReader);
  }

  answersWait(isTooMuch: boolean): void {
    if (isTooMuch) this.#life.expect(Deadline.SlowReader, slowReaderMsMax);
    else this.#life.met(Deadline.SlowReader);
  }

  overdue(deadline: Deadline): void {
    const core = this.#core;
    if (core.failed) return; // and soon cut off
    switch (deadline) {
      case Deadline.Preface:
        core.parts.counters.addAbuse(ConnectionAbuse.Preface);
        this.#socket.destroy();
        return;
      case Deadline.SettingsAck:
        core.fail(
          Http2Error.SettingsTimeout,
          'SETTINGS not acknowledged',
          ConnectionAbuse.SettingsTimeout,
        );
        return;
      case Deadline.HeaderBlock:
        core.fail(
          Http2Error.EnhanceYourCalm,
          'a frame or a header block takes too long',
          ConnectionAbuse.ContinuationFlood,
        );
        return;
      case Deadline.SlowReader:
        this.#answersOverdue();
    }
  }

  /** Every answer has its own time: reading one of them now and then does not keep the others. */
  #answersOverdue(): void {
    const { sender, parts } = this.#core;
    const leftMs = sender.blockedSinceMs + slowReaderMsMax - parts.clock.nowMs();
    const onlyCreditIsMissing = this.#core.output.unreadSizeBytes <= unreadAnswersSizeBytesMax;
    if (onlyCreditIsMissing && leftMs > 0) {
      if (Number.isFinite(leftMs)) this.#life.expect(Deadline.SlowReader, leftMs);
      return;
    }
    parts.counters.addAbuse(ConnectionAbuse.SlowReader);
    this.#socket.destroy();
  }
}

const prefaceMsMax = 10_000;
