// Who waits for large slabs, over all threads in order of arrival, and whose turn has come: linked
// lists of tickets in shared memory (large-control.ts draws them). Callers hold the lock unless
// stated.

import { assert } from '../assert.ts';
import {
  ControlWord,
  type LargeControl,
  ThreadWord,
  threadWordIndex,
  ticketsPerThreadMax,
  ticketWords,
} from './large-control.ts';

const field = { Next: 0, Previous: 1, WantedPages: 2, GrantedPage: 3 } as const;
type Field = (typeof field)[keyof typeof field];

export class TicketLine {
  readonly #words: Int32Array;
  readonly #tickets: Int32Array;

  constructor(control: Pick<LargeControl, 'words' | 'tickets'>) {
    this.#words = control.words;
    this.#tickets = control.tickets;
  }

  /** The oldest ticket that waits, or 0. */
  get first(): number {
    return this.#words[ControlWord.FirstWaiting]!; // the view holds every control word
  }

  wantedPages(ticket: number): number {
    return this.#get(ticket, field.WantedPages);
  }

  threadOf(ticket: number): number {
    return Math.floor((ticket - 1) / ticketsPerThreadMax);
  }

  append(ticket: number, wantedPages: number): void {
    assert(wantedPages > 0, 'ticket for no pages');
    const last = this.#words[ControlWord.LastWaiting]!; // the view holds every control word
    this.#set(ticket, field.Next, 0);
    this.#set(ticket, field.Previous, last);
    this.#set(ticket, field.WantedPages, wantedPages);
    this.#set(ticket, field.GrantedPage, 0);
    if (last === 0) this.#words[ControlWord.FirstWaiting] = ticket;
    else this.#set(last, field.Next, ticket);
    this.#words[ControlWord.LastWaiting] = ticket;
  }

  /** Takes a waiting ticket out of the line; false when its turn has come already. */
  remove(ticket: number): boolean {
    if (this.#get(ticket, field.GrantedPage) !== 0) return false;
    const next = this.#get(ticket, field.Next);
    const previous = this.#get(ticket, field.Previous);
    assert(previous !== 0 || this.first === ticket, 'ticket is not in the line');
    if (previous === 0) this.#words[ControlWord.FirstWaiting] = next;
    else this.#set(previous, field.Next, next);
    if (next === 0) this.#words[ControlWord.LastWaiting] = previous;
    else this.#set(next, field.Previous, previous);
    return true;
  }

  /** Gives the first in line its page and moves it to the list of its thread, which is returned. */
  grantFirst(page: number): number {
    const ticket = this.first;
    assert(this.remove(ticket), 'first in line has been granted before');
    this.#set(ticket, field.GrantedPage, page + 1);
    this.#set(ticket, field.Next, 0);
    const threadIndex = this.threadOf(ticket);
    const lastWord = threadWordIndex(threadIndex, ThreadWord.LastGranted);
    const last = this.#words[lastWord]!; // every thread has its words
    if (last === 0) this.#words[threadWordIndex(threadIndex, ThreadWord.FirstGranted)] = ticket;
    else this.#set(last, field.Next, ticket);
    this.#words[lastWord] = ticket;
    return threadIndex;
  }

  /** Takes over all tickets granted to a thread: the first, which leads to the others, or 0. */
  takeGranted(threadIndex: number): number {
    const firstWord = threadWordIndex(threadIndex, ThreadWord.FirstGranted);
    const first = this.#words[firstWord]!; // every thread has its words
    this.#words[firstWord] = 0;
    this.#words[threadWordIndex(threadIndex, ThreadWord.LastGranted)] = 0;
    return first;
  }

  /** For tickets that were taken over, which nobody else touches: no lock needed. */
  nextGranted(ticket: number): number {
    return this.#get(ticket, field.Next);
  }

  /** As nextGranted(). */
  grantedPage(ticket: number): number {
    const page = this.#get(ticket, field.GrantedPage) - 1;
    assert(page >= 0, 'ticket was not granted');
    return page;
  }

  #get(ticket: number, name: Field): number {
    const word = this.#tickets[(ticket - 1) * ticketWords + name];
    assert(word !== undefined, 'no such ticket');
    return word;
  }

  #set(ticket: number, name: Field, value: number): void {
    assert(ticket > 0, 'no such ticket');
    this.#tickets[(ticket - 1) * ticketWords + name] = value;
  }
}

/** Each thread has tickets of its own, so that none can take them all. */
export function firstTicketOfThread(threadIndex: number): number {
  return threadIndex * ticketsPerThreadMax + 1;
}
