// A clock of a test whose wall time jumps as it is told; the other time goes on.

import { FakeClock } from './fake-clock.ts';

export class JumpingClock extends FakeClock {
  #offsetMs = 0;

  override wallMs(): number {
    return super.wallMs() + this.#offsetMs;
  }

  jump(ms: number): void {
    this.#offsetMs = Math.max(this.#offsetMs + ms, -1_000_000_000_000);
  }
}
