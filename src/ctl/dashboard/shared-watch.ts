// One watch of the engine for all tabs: opened for the first that watches, closed after the last.
// The engine pays for one, however many look. Everybody gets what the engine says at its pace; a
// tab that reads slowly misses some, and at most one line waits for it.
//
// All tabs of this server are one user's, and reach the engine over one connection with one
// certificate, so that nobody sees what the engine would not tell it. The request is ours: nothing
// that a tab sends reaches another.

import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { enveloped } from './connect-envelopes.ts';
import { readEngineLines } from './engine-lines.ts';
import type { EngineLink } from './engine-link.ts';
import { TabLines } from './tab-lines.ts';

export interface SharedWatchParts {
  readonly engine: Pick<EngineLink, 'open' | 'brokenBy'>;
  readonly clock: Clock;
  /** `package.Service/Method`, one whose newest message is all that counts. */
  readonly procedure: string;
}

export class SharedWatch {
  readonly #parts: SharedWatchParts;
  #watch: EngineWatch | undefined;

  constructor(parts: SharedWatchParts) {
    this.#parts = parts;
  }

  /** Resolves when the answer has ended; rejects with a LinkFault where the engine refuses. */
  async show(response: ServerResponse, left: AbortSignal): Promise<void> {
    if (this.#watch?.isOver !== false) this.#watch = new EngineWatch(this.#parts);
    await this.#watch.show(response, left);
  }
}

/** An engine speaks every 5 s at least; what is older is not news for who comes now. */
const newestMsMax = 6_000;

/** From the first tab to the last, or to its end by the engine; there is another one then. */
class EngineWatch {
  readonly #parts: SharedWatchParts;
  readonly #opened: Promise<void>;
  readonly #end = new AbortController();
  readonly #tabs = new Set<NewestLine>();
  /** With those that wait for the engine to answer. */
  #tabCount = 0;
  #newest: { readonly line: string; readonly atMs: number } | undefined;
  /** Undefined: it has not ended. */
  #last: string | undefined;

  constructor(parts: SharedWatchParts) {
    this.#parts = parts;
    this.#opened = this.#open();
  }

  /** Nobody may join any more. */
  get isOver(): boolean {
    return this.#last !== undefined || this.#end.signal.aborted;
  }

  async show(response: ServerResponse, left: AbortSignal): Promise<void> {
    this.#tabCount += 1;
    try {
      await Promise.race([this.#opened, aborted(left)]);
      if (!left.aborted) await this.#tell(new NewestLine(response, this.#parts.clock));
    } finally {
      this.#tabCount -= 1;
      if (this.#tabCount === 0) this.#end.abort();
    }
  }

  async #tell(tab: NewestLine): Promise<void> {
    const nowMs = this.#parts.clock.nowMs();
    if (this.#newest !== undefined && nowMs - this.#newest.atMs <= newestMsMax) {
      tab.tell(this.#newest.line);
    }
    // It may have ended since this tab came.
    if (this.#last !== undefined) tab.end(this.#last);
    this.#tabs.add(tab);
    await tab.ended;
    this.#tabs.delete(tab);
  }

  async #open(): Promise<void> {
    const { engine, clock, procedure } = this.#parts;
    const stream = await engine.open(procedure, request, this.#end.signal);
    readEngineLines(stream, {
      line: (line) => {
        this.#newest = { line, atMs: clock.nowMs() };
        for (const tab of this.#tabs) tab.tell(line);
      },
      end: (line) => {
        this.#last = line;
        for (const tab of this.#tabs) tab.end(line);
      },
      brokenBy: () => engine.brokenBy(),
    });
  }
}

/** A tab that gets the newest line once it has read those before. */
class NewestLine {
  readonly ended: Promise<void>;
  readonly #lines: TabLines;
  #waiting: string | undefined;

  constructor(response: ServerResponse, clock: Clock) {
    this.#lines = new TabLines(response, clock, () => this.#catchUp());
    this.ended = this.#lines.ended;
  }

  tell(line: string): void {
    if (this.#lines.isFull) this.#waiting = line;
    else this.#lines.write(line);
  }

  end(line: string): void {
    this.#catchUp();
    this.#lines.end(line);
  }

  #catchUp(): void {
    const line = this.#waiting;
    this.#waiting = undefined;
    if (line !== undefined) this.#lines.write(line);
  }
}

const request = enveloped(Buffer.from('{}'));

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
