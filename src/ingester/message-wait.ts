// A message that waits for its slab: its place in the line, and what of it arrives meanwhile, on
// credit that its peer had already.

import { assert } from '../assert.ts';
import type { ServerConnection, ServerStream } from '../http2/server-stream.ts';
import type { Landing } from '../memory/landing-pool.ts';
import type { IngesterParts } from './ingester-parts.ts';
import type { MessageBody } from './message-body.ts';
import { Patience } from './patience.ts';

export class MessageWait {
  readonly kind = 'waiting';
  /** Without a slab, or with a small one that it has outgrown. */
  readonly message: MessageBody;
  readonly patience: Patience;
  readonly #parts: IngesterParts;
  readonly #connection: ServerConnection;
  readonly #landing: Landing;
  #asked: { cancel(): void } | undefined;

  constructor(
    parts: IngesterParts,
    connection: ServerConnection,
    message: MessageBody,
    waitMs: number,
  ) {
    this.#parts = parts;
    this.#connection = connection;
    this.message = message;
    this.patience = new Patience(parts.clock.nowMs(), waitMs, parts.admission);
    this.#landing = parts.landing.land();
  }

  get lengthBytes(): number | undefined {
    return this.message.lengthBytes;
  }

  /** Of the message, in its slab and landed. */
  get messageBytes(): number {
    return this.message.storedBytes + this.#landing.sizeBytes;
  }

  /**
   * False: too many wait. `granted` is called once, later, when the message is in its slab, unless
   * cancelled before; or `refused`.
   */
  ask(sizeBytes: number, granted: () => void, refused: () => void): void {
    assert(this.#asked === undefined, 'asked for two slabs');
    this.#asked = this.#parts.admission.wait(this.#connection, sizeBytes, (slab) => {
      this.#asked = undefined;
      const fitting = this.#fitting(slab);
      if (fitting === 0) this.ask(this.message.longestReservationBytes(), granted, refused);
      else {
        this.#enter(fitting);
        granted();
      }
    });
    if (this.#asked === undefined) refused();
  }

  /** False: there is no room for it. */
  land(stream: ServerStream, source: Uint8Array, fromBytes: number, toBytes: number): boolean {
    if (!this.#landing.append(source, fromBytes, toBytes)) return false;
    return stream.hold(toBytes - fromBytes);
  }

  cancel(): void {
    this.#asked?.cancel();
    this.#asked = undefined;
    this.#landing.release();
    this.message.free();
  }

  /** More may have landed than the first slab of a message of unknown length can hold. */
  #fitting(slab: number): number {
    const { slabs } = this.#parts;
    if (this.messageBytes <= slabs.capacityBytes(slab)) return slab;
    slabs.free(slab);
    return this.message.reserveLonger(this.messageBytes);
  }

  #enter(slab: number): void {
    const { message } = this;
    message.enter(slab);
    message.storeWith(this.#landing.sizeBytes, (targetOffsetBytes) =>
      this.#landing.copyTo(this.#parts.bytes, targetOffsetBytes),
    );
    this.#landing.release();
  }
}
