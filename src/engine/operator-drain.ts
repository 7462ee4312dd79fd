// An operator empties the engine: until that is ended, it says that it is not ready and the vault
// goes out at full rate. Nothing is refused, and nothing ends by itself.

import type { ReplayDesk } from './replay-desk.ts';

/** Who asked for it, for whoever asks why. */
export interface DrainOrder {
  readonly by: string;
  readonly reason: string;
  readonly wallMs: number;
}

export class OperatorDrain {
  readonly #replay: Pick<ReplayDesk, 'drain'> | undefined;
  #order: DrainOrder | undefined;

  /** `replay`: undefined without a vault. */
  constructor(replay: Pick<ReplayDesk, 'drain'> | undefined) {
    this.#replay = replay;
  }

  /** Undefined: nobody drains it. */
  get order(): DrainOrder | undefined {
    return this.#order;
  }

  /** The first who asks is the one who is named. */
  start(order: DrainOrder): void {
    if (this.#order !== undefined) return;
    this.#order = order;
    this.#replay?.drain(true);
  }

  end(): void {
    if (this.#order === undefined) return;
    this.#order = undefined;
    this.#replay?.drain(false);
  }
}
