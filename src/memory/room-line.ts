// Who reads on when there is room again: callbacks in order of arrival, each called once and never
// inside the call that made the room. Only as many are called in a turn of the event loop as there
// is room for, because what they read arrives after they were called.

/** What a caller of whenRoom() holds. */
export interface RoomWait {
  /** After it nothing is called. Twice is once. */
  cancel(): void;
}

export class RoomLine {
  readonly #roomFor: () => number;
  /** In order of arrival, which is what a Set keeps. */
  readonly #waits = new Set<() => void>();
  #scheduled = false;

  /** `roomFor` says for how many there is room now. */
  constructor(roomFor: () => number) {
    this.#roomFor = roomFor;
  }

  wait(callback: () => void): RoomWait {
    const call = () => callback(); // the same callback may wait twice
    this.#waits.add(call);
    this.serve();
    return { cancel: () => void this.#waits.delete(call) };
  }

  /** There may be room. */
  serve(): void {
    if (this.#waits.size > 0 && this.#roomFor() > 0) this.serveLater();
  }

  /** There may be room when this turn of the event loop is over. */
  serveLater(): void {
    if (this.#scheduled || this.#waits.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => this.#callBack());
  }

  #callBack(): void {
    this.#scheduled = false;
    let count = this.#roomFor();
    for (const call of this.#waits) {
      if (count === 0) break;
      // Read again, because a callback may have used the room at once.
      if (this.#roomFor() === 0) break;
      this.#waits.delete(call);
      count -= 1;
      call();
    }
    this.serve();
  }
}
