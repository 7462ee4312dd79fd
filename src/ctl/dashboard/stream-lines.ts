// One stream of the engine for one tab. A tab that reads slowly stops the engine's stream
// meanwhile, which then leaves out what is old.

import type { ServerResponse } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import type { Clock } from '../../clock.ts';
import { readEngineLines } from './engine-lines.ts';
import type { Refusal } from './page-answer.ts';
import { TabLines } from './tab-lines.ts';

export interface StreamLinesParts {
  readonly clock: Clock;
  /** Why the stream broke. */
  brokenBy(): Promise<Refusal>;
}

/** Resolves when the answer has ended. The engine's stream ends by who opened it. */
export function streamLines(
  stream: ClientHttp2Stream,
  response: ServerResponse,
  { clock, brokenBy }: StreamLinesParts,
): Promise<void> {
  const tab = new TabLines(response, clock, () => stream.resume());
  readEngineLines(stream, {
    line(line) {
      tab.write(line);
      if (tab.isFull) stream.pause();
    },
    end: (line) => tab.end(line),
    brokenBy,
  });
  return tab.ended;
}
