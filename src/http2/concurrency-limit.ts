// How many streams one client is told that it may have. At first as many as its share of the
// landing pool has windows for; when the pool is short of room, those who hold more than their part
// of it are told to have fewer (SETTINGS may say so at any time), until there is room again.
//
// Nothing else slows such a client down: while one of its messages has a slab its connection must
// be read, and with each answer it opens another stream that lands its first bytes. Streams that
// are open already are not touched, and one too many is not refused.

import { landingRoomBytesMin } from '../memory/landing-pool.ts';
import type { ConnectionParts } from './connection-core.ts';
import { Setting } from './frame-format.ts';
import type { FrameWriter } from './frame-writer.ts';
import { streamWindowSizeBytes } from './stream-window.ts';

type LimitParts = Pick<ConnectionParts, 'landing' | 'concurrentStreamsMax'>;

export class ConcurrencyLimit {
  readonly #landing: LimitParts['landing'];
  readonly #writer: FrameWriter;
  readonly #identity: string;
  readonly #countMax: number;
  /** What the client was told last. */
  #count: number;
  #saidMs = 0;
  /** Its acknowledgement is to come. */
  #isSaid = true;
  #holds = false;

  /** The first SETTINGS are written already. */
  constructor(
    { landing, concurrentStreamsMax }: LimitParts,
    writer: FrameWriter,
    identity: string,
  ) {
    this.#landing = landing;
    this.#identity = identity;
    this.#writer = writer;
    this.#countMax = concurrentStreamsMax;
    this.#count = concurrentStreamsMax;
  }

  /** What the connection holds may have changed. */
  weigh(heldBytes: number, nowMs: number): void {
    if (heldBytes > 0 !== this.#holds) this.#hold(heldBytes > 0);
    if (this.#isSaid) return;
    if (heldBytes > streamWindowSizeBytes) this.#lower(heldBytes, nowMs);
    else if (this.#count < this.#countMax) this.#raise(nowMs);
  }

  /** False: it acknowledges SETTINGS that it has acknowledged already. */
  acknowledged(): boolean {
    const isSaid = this.#isSaid;
    this.#isSaid = false;
    return isSaid;
  }

  close(): void {
    if (this.#holds) this.#hold(false);
  }

  #lower(heldBytes: number, nowMs: number): void {
    const { sizeBytes, roomBytes, newcomers } = this.#landing;
    if (roomBytes >= landingRoomBytesMin) return;
    const roomSizeBytes = sizeBytes / 2 - landingRoomBytesMin;
    const shareBytes = Math.max(streamWindowSizeBytes, roomSizeBytes / newcomers.holderCount);
    const count = Math.floor(shareBytes / streamWindowSizeBytes);
    if (heldBytes > shareBytes && count < this.#count) this.#say(count, nowMs);
  }

  #raise(nowMs: number): void {
    const { sizeBytes, roomBytes } = this.#landing;
    if (nowMs < this.#saidMs + raiseMsMin || roomBytes < sizeBytes / 4) return;
    this.#say(this.#countMax, nowMs);
  }

  #say(count: number, nowMs: number): void {
    this.#count = count;
    this.#saidMs = nowMs;
    this.#isSaid = true;
    this.#writer.settings([[Setting.MaxConcurrentStreams, count]]);
  }

  #hold(holds: boolean): void {
    this.#holds = holds;
    if (holds) this.#landing.newcomers.hold(this.#identity);
    else this.#landing.newcomers.release(this.#identity);
  }
}

// A flood that goes on would only have to be told again.
const raiseMsMin = 1_000;
