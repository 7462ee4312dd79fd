// The part of a link behind its "#": valid once, for a minute. It gets one tab a session and is
// worth nothing afterwards, whoever reads it in a terminal or in the history of a browser.

import type { Clock } from '../../clock.ts';
import { dashboardLinksMax } from '../../limits.ts';
import { createSecret, digestOf, withDigest } from './secret.ts';

/** From the link being shown to the page asking with it. */
export const linkValidMs = 60_000;

interface Link {
  readonly digest: Buffer;
  readonly untilMs: number;
}

export class OneTimeLinks {
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #links = new Set<Link>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Beyond dashboardLinksMax the oldest goes. */
  create(): string {
    const token = createSecret();
    this.#expire();
    for (const oldest of this.#links) {
      if (this.#links.size < dashboardLinksMax) break;
      this.#links.delete(oldest);
    }
    this.#links.add({ digest: digestOf(token), untilMs: this.#clock.nowMs() + linkValidMs });
    return token;
  }

  /** True once for each that is still valid. */
  redeem(token: string): boolean {
    this.#expire();
    const link = withDigest(this.#links, digestOf(token));
    return link !== undefined && this.#links.delete(link);
  }

  #expire(): void {
    const nowMs = this.#clock.nowMs();
    for (const link of this.#links) if (link.untilMs <= nowMs) this.#links.delete(link);
  }
}
