// A ring between threads as a list, for tests that run both sides in one.

export class ListRing {
  readonly records: Uint32Array[] = [];
  /** What other threads do just before this one looks. */
  beforePop = () => {};
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(...words: number[]): boolean {
    if (this.records.length >= this.#capacity) return false;
    const record = new Uint32Array(8);
    record.set(words);
    this.records.push(record);
    return true;
  }

  pop(out: Uint32Array): boolean {
    this.beforePop();
    const record = this.records.shift();
    if (record !== undefined) out.set(record);
    return record !== undefined;
  }
}
