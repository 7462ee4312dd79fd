// Who has come with a link: a tab each, known by the bearer that it holds. A tab that is closed
// says nothing, so a session that has been silent gives way to a new one.

import type { Clock } from '../../clock.ts';
import { dashboardIdleMsMax, dashboardSessionsMax } from '../../limits.ts';
import { createSecret, digestOf, withDigest } from './secret.ts';

/** A page asks every ten seconds at least, or holds a stream, unless it is hidden. */
const silentMs = 60_000;

export interface Session {
  readonly digest: Buffer;
  /** Of its last request. */
  seenMs: number;
  streamCount: number;
}

export class Sessions {
  readonly #clock: Clock;
  readonly #sessions = new Set<Session>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The bearer; undefined: as many are open as may be, and none is silent. */
  open(): string | undefined {
    this.#expire();
    if (this.#sessions.size >= dashboardSessionsMax && !this.#closeSilent()) return undefined;
    const bearer = createSecret();
    this.#sessions.add({ digest: digestOf(bearer), seenMs: this.#clock.nowMs(), streamCount: 0 });
    return bearer;
  }

  /** The session of a request with this bearer; undefined: there is none, or it has ended. */
  find(bearer: string): Session | undefined {
    this.#expire();
    const session = withDigest(this.#sessions, digestOf(bearer));
    if (session !== undefined) session.seenMs = this.#clock.nowMs();
    return session;
  }

  /** It holds a stream from now on, and is not silent. */
  streamOpened(session: Session): void {
    session.streamCount += 1;
  }

  streamClosed(session: Session): void {
    session.streamCount -= 1;
    session.seenMs = this.#clock.nowMs();
  }

  #expire(): void {
    for (const session of this.#sessions) {
      if (this.#silenceMs(session) >= dashboardIdleMsMax) this.#sessions.delete(session);
    }
  }

  /** The one that has been silent for longest. */
  #closeSilent(): boolean {
    const [longest] = [...this.#sessions].sort((a, b) => this.#silenceMs(b) - this.#silenceMs(a));
    if (longest === undefined || this.#silenceMs(longest) < silentMs) return false;
    return this.#sessions.delete(longest);
  }

  #silenceMs({ seenMs, streamCount }: Session): number {
    return streamCount > 0 ? 0 : this.#clock.nowMs() - seenMs;
  }
}
