// How long producers waited for their acknowledgement, over the last minute. The shards count since
// the start (memory/time-histogram.ts); what they had counted a minute ago is kept here: 8 KiB, and
// a copy every 10 s, asked or not, because who asks for the first time wants an answer too.

import type { Clock } from '../clock.ts';
import type { StatePage } from '../memory/state-page.ts';
import { TimeCounts } from '../memory/time-histogram.ts';

const copyIntervalMs = 10_000;
/** The oldest is a minute old when the next one is made. */
const copiesMax = 6;

export class RecentAckTimes {
  readonly #clock: Clock;
  readonly #page: Pick<StatePage, 'ackTimes'>;
  /** Oldest first. */
  readonly #copies: TimeCounts[] = [new TimeCounts()];

  /** Begins at once; before the first minute is over it counts from the start. */
  constructor(clock: Clock, page: Pick<StatePage, 'ackTimes'>) {
    this.#clock = clock;
    this.#page = page;
    this.#copyLater();
  }

  /** Of the last 50 to 60 s. */
  counts(): TimeCounts {
    const [oldest = new TimeCounts()] = this.#copies;
    return this.#page.ackTimes().subtract(oldest);
  }

  #copyLater(): void {
    this.#clock.after(copyIntervalMs, () => {
      this.#copies.push(this.#page.ackTimes());
      if (this.#copies.length > copiesMax) this.#copies.shift();
      this.#copyLater();
    });
  }
}
