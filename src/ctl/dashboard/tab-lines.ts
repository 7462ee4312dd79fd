// An answer of lines to one tab, however long it lasts. A tab that does not read for long is cut
// off.

import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../clock.ts';
import { answerHeaders } from './page-answer.ts';

const unreadMsMax = 30_000;

export class TabLines {
  /** Fulfilled when the answer is over, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  /** While the tab has not read what it got. */
  #patience: Timer | undefined;

  /** @param drained called when it is no longer full */
  constructor(response: ServerResponse, clock: Clock, drained: () => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#response = response;
    this.#clock = clock;
    response.writeHead(200, { ...answerHeaders(), 'content-type': 'application/x-ndjson' });
    response.flushHeaders();
    response.on('drain', () => {
      this.#patience?.cancel();
      this.#patience = undefined;
      drained();
    });
    response.once('close', () => {
      this.#patience?.cancel();
      resolve();
    });
  }

  /** What is written now would have to be kept here. */
  get isFull(): boolean {
    return this.#patience !== undefined;
  }

  write(line: string): void {
    // What is destroyed takes nothing, and may not have said yet that it is closed.
    if (this.#response.destroyed || this.#response.write(`${line}\n`) || this.isFull) return;
    this.#patience = this.#clock.after(unreadMsMax, () => this.#response.destroy());
  }

  /** With this line. */
  end(line: string): void {
    this.#response.end(`${line}\n`);
  }
}
