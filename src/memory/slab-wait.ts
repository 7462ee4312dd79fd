// One request that waits for a slab, from wait() until the slab is with the caller or the caller
// has cancelled. It decides what a cancel means at each moment, so that no slab is lost in between.

import { assert } from '../assert.ts';

/** What a caller of wait() holds. */
export interface SlabWait {
  /**
   * After it `granted` is not called; a slab that was already on its way goes back. Twice is once.
   */
  cancel(): void;
}

type WaitState =
  | { readonly phase: 'waiting' }
  | { readonly phase: 'granted'; readonly slab: number }
  | { readonly phase: 'settled' };

export abstract class QueuedWait implements SlabWait {
  readonly #granted: (slab: number) => void;
  #state: WaitState = { phase: 'waiting' };

  constructor(granted: (slab: number) => void) {
    this.#granted = granted;
  }

  /**
   * The slab is the wait's from now on; the caller hears of it later, never inside the call that
   * freed it.
   */
  grant(slab: number): void {
    assert(slab !== 0, 'granted no slab');
    assert(this.#state.phase === 'waiting', 'granted twice or after cancel');
    this.#state = { phase: 'granted', slab };
    queueMicrotask(() => this.#deliver());
  }

  cancel(): void {
    if (this.#state.phase === 'waiting') this.withdraw();
    // TypeScript does not see that withdraw() may have granted it
    const state = this.#state as WaitState;
    this.#state = { phase: 'settled' };
    if (state.phase === 'granted') this.giveBack(state.slab);
  }

  /** Leaves the line; or takes, with grant(), a slab that is already on its way. */
  protected abstract withdraw(): void;

  protected abstract giveBack(slab: number): void;

  /** True: nobody is to be called any more. */
  protected abstract get closed(): boolean;

  #deliver(): void {
    if (this.#state.phase !== 'granted') return; // cancelled in between
    const { slab } = this.#state;
    this.#state = { phase: 'settled' };
    if (this.closed) this.giveBack(slab);
    else this.#granted(slab);
  }
}
