// One thread's side of the line for large slabs: its tickets, the callbacks behind them, and the
// ear on the wake word that other threads ring after they have granted this one something.

import { assert } from '../assert.ts';
import {
  type LargeControl,
  ThreadWord,
  threadWordIndex,
  ticketsPerThreadMax,
} from './large-control.ts';
import { QueuedWait } from './slab-wait.ts';
import { firstTicketOfThread, type TicketLine } from './ticket-line.ts';

/** What LargeSlabs does for its waits. */
export interface LargeWaitsOwner {
  readonly line: TicketLine;
  /** False when the ticket's turn has come already. */
  withdraw(ticket: number): boolean;
  /** First of all tickets granted to this thread; line.nextGranted() leads on. */
  takeGranted(): number;
  slabOfPage(page: number): number;
  free(slab: number): void;
}

export class LargeWaits {
  readonly #owner: LargeWaitsOwner;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #threadIndex: number;
  readonly #byTicket = new Map<number, LargeWait>();
  readonly #freeTickets = new Uint32Array(ticketsPerThreadMax);
  #freeTicketCount = ticketsPerThreadMax;
  #listening = false;
  #closed = false;

  constructor(owner: LargeWaitsOwner, control: LargeControl, threadIndex: number) {
    this.#owner = owner;
    this.#words = control.words;
    this.#threadIndex = threadIndex;
    const first = firstTicketOfThread(threadIndex);
    for (let i = 0; i < ticketsPerThreadMax; i += 1) this.#freeTickets[i] = first + i;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A wait with a ticket that is not in the line yet. */
  open(granted: (slab: number) => void): LargeWait {
    assert(!this.#closed, 'waits after close');
    assert(this.#freeTicketCount > 0, 'too many wait for large slabs');
    this.#freeTicketCount -= 1;
    const ticket = this.#freeTickets[this.#freeTicketCount]!; // below the capacity
    const wait = new LargeWait(this, ticket, granted);
    this.#byTicket.set(ticket, wait);
    return wait;
  }

  /** Hands what the thread was granted to its waits. */
  collect(): void {
    const { line } = this.#owner;
    let ticket = this.#owner.takeGranted();
    while (ticket !== 0) {
      const next = line.nextGranted(ticket); // before the ticket can be used again
      const slab = this.#owner.slabOfPage(line.grantedPage(ticket));
      this.#retire(ticket).grant(slab);
      ticket = next;
    }
  }

  /** Sees to it that grants of other threads are noticed as long as a wait is open. */
  listen(): void {
    const word = threadWordIndex(this.#threadIndex, ThreadWord.Wake);
    while (!this.#listening && !this.#closed && this.#byTicket.size > 0) {
      // Read before collecting: a grant that comes after changes the word, and waitAsync() returns
      // at once.
      const heard = Atomics.load(this.#words, word);
      this.collect();
      if (this.#byTicket.size === 0) return;
      const result = Atomics.waitAsync(this.#words, word, heard);
      if (!result.async) continue;
      this.#listening = true;
      void result.value.then(() => {
        this.#listening = false;
        this.listen();
      });
    }
  }

  wake(threadIndex: number): void {
    const word = threadWordIndex(threadIndex, ThreadWord.Wake);
    Atomics.add(this.#words, word, 1);
    Atomics.notify(this.#words, word);
  }

  cancel(wait: LargeWait): void {
    if (this.#owner.withdraw(wait.ticket)) this.#retire(wait.ticket);
    else this.collect(); // its turn had come, so this grants it
  }

  giveBack(slab: number): void {
    this.#owner.free(slab);
  }

  close(): void {
    this.#closed = true;
    // The youngest first, so that none of this thread gets its turn on the way out.
    for (const wait of [...this.#byTicket.values()].reverse()) wait.cancel();
    assert(this.#byTicket.size === 0, 'waits left after close');
    this.wake(this.#threadIndex); // ends the pending waitAsync(), which would keep us in memory
  }

  #retire(ticket: number): LargeWait {
    const wait = this.#byTicket.get(ticket);
    assert(wait !== undefined, 'ticket without a wait');
    this.#byTicket.delete(ticket);
    this.#freeTickets[this.#freeTicketCount] = ticket;
    this.#freeTicketCount += 1;
    return wait;
  }
}

class LargeWait extends QueuedWait {
  readonly ticket: number;
  readonly #waits: LargeWaits;

  constructor(waits: LargeWaits, ticket: number, granted: (slab: number) => void) {
    super(granted);
    this.#waits = waits;
    this.ticket = ticket;
  }

  protected override withdraw(): void {
    this.#waits.cancel(this);
  }

  protected override giveBack(slab: number): void {
    this.#waits.giveBack(slab);
  }

  protected override get closed(): boolean {
    return this.#waits.closed;
  }
}
