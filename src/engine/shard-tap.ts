// The shard's end of the tap: while somebody looks, it copies a body now and then to the main
// thread, the first bytes of it. Nobody looks nearly always, and then a batch costs one look at
// isOpen.

import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { tapCopiesUnreadMax, tapCopySizeBytesMax } from '../limits.ts';
import { Zone } from '../memory/zone-word.ts';

/** As the main thread opens it; its closing of the port is the end. */
export interface TapOpening {
  /** Copies go one way; for each that was read, something comes the other. */
  readonly port: MessagePort;
  /** From one copy to the next. */
  readonly intervalMs: number;
}

export interface ShardTapParts {
  readonly clock: Clock;
  /** The arena. */
  readonly bytes: Uint8Array;
  zone(): Zone;
}

export class ShardTap {
  readonly #parts: ShardTapParts;
  #opening: TapOpening | undefined;
  #nextMs = 0;
  #unreadCount = 0;

  constructor(parts: ShardTapParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#opening !== undefined;
  }

  /** In place of one that was open. */
  open(opening: TapOpening): void {
    const { port } = opening;
    this.#opening = opening;
    this.#unreadCount = 0;
    port.on('message', () => {
      if (this.#opening === opening) this.#unreadCount -= 1;
    });
    port.on('close', () => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    // A shard that has drained ends all the same.
    port.unref();
  }

  /** A body that the scan found well formed. */
  offer(bodyOffsetBytes: number, bodyLengthBytes: number): void {
    const opening = this.#opening;
    const { clock, bytes, zone } = this.#parts;
    if (opening === undefined || this.#unreadCount >= tapCopiesUnreadMax) return;
    const nowMs = clock.nowMs();
    // In Red every cycle belongs to the batches.
    if (nowMs < this.#nextMs || zone() === Zone.Red) return;
    this.#nextMs = nowMs + opening.intervalMs;
    this.#unreadCount += 1;
    const sizeBytes = Math.min(bodyLengthBytes, tapCopySizeBytesMax);
    // Of shared memory slice() makes a copy that is not shared, so that it can be handed over.
    const copy = bytes.slice(bodyOffsetBytes, bodyOffsetBytes + sizeBytes);
    opening.port.postMessage(copy, [copy.buffer]);
  }
}
