// The main thread's end of the tap: whoever looks gets copies of a few bodies a second from all
// shards together. With the first that looks the shards are told, and with the last that goes.

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { tapCopiesPerSecondMax } from '../limits.ts';
import type { ToShard } from './thread-messages.ts';

/** Must not throw. @param body the first bytes of an OTLP message, its own to keep */
export type TakeBody = (body: Uint8Array) => void;

export interface TappedShard {
  tell(message: ToShard, transfer: readonly MessagePort[]): void;
}

export class EngineTap {
  readonly #shards: readonly TappedShard[];
  readonly #takers = new Set<TakeBody>();
  #ports: readonly MessagePort[] = [];

  constructor(shards: readonly TappedShard[]) {
    this.#shards = shards;
  }

  open(take: TakeBody): { close(): void } {
    // Its own, so that who looks twice is told twice.
    const taker: TakeBody = (body) => take(body);
    if (this.#takers.size === 0) this.#ports = this.#shards.map((shard) => this.#connect(shard));
    this.#takers.add(taker);
    return { close: () => this.#close(taker) };
  }

  #close(taker: TakeBody): void {
    if (!this.#takers.delete(taker) || this.#takers.size > 0) return;
    for (const port of this.#ports) port.close();
    this.#ports = [];
  }

  #connect(shard: TappedShard): MessagePort {
    const { port1: ours, port2: port } = new MessageChannel();
    ours.on('message', (body: Uint8Array) => {
      for (const take of this.#takers) take(body);
      ours.postMessage(undefined);
    });
    ours.unref();
    const intervalMs = (1_000 * this.#shards.length) / tapCopiesPerSecondMax;
    shard.tell({ kind: 'tap', port, intervalMs }, [port]);
    return ours;
  }
}
