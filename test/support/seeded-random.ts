// Random numbers that a seed repeats, fast enough for millions of cases (xorshift32).

export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    // Zero is the one state that xorshift never leaves; the multiplication spreads small seeds.
    this.#state = Math.imul(seed | 0, 0x9e3779b1) | 1;
    for (let round = 0; round < 4; round++) this.next();
  }

  /** 32 random bits, unsigned. */
  next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor((this.next() / 2 ** 32) * count);
  }

  /** True once in `times` calls. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!; // not empty: the caller's list is a literal
  }
}
