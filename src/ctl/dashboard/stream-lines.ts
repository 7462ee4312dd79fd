// One stream of the engine as lines of JSON for the page: {"message":...} each, and at the end
// {"end":true} or {"error":...}. A tab that reads slowly stops the engine's stream meanwhile, which
// then leaves out what is old; one that does not read at all is cut off.

import type { ServerResponse } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import type { Clock, Timer } from '../../clock.ts';
import { dashboardAnswerSizeBytesMax } from '../../limits.ts';
import { EnvelopeReader } from './connect-envelopes.ts';
import { answerHeaders, type Refusal, refusal, refusalText } from './page-answer.ts';

export interface StreamLinesParts {
  readonly clock: Clock;
  /** Why the stream broke. */
  brokenBy(): Promise<Refusal>;
}

const unreadMsMax = 30_000;

/** Resolves when the answer has ended. The engine's stream ends by who opened it. */
export function streamLines(
  stream: ClientHttp2Stream,
  response: ServerResponse,
  { clock, brokenBy }: StreamLinesParts,
): Promise<void> {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const envelopes = new EnvelopeReader(dashboardAnswerSizeBytesMax);
  let patience: Timer | undefined;
  let hasEnd = false;
  response.writeHead(200, { ...answerHeaders(), 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const end = (line: string) => {
    if (hasEnd) return;
    hasEnd = true;
    response.end(`${line}\n`);
    stream.close(cancelCode);
  };
  const write = (line: string) => {
    if (response.write(`${line}\n`) || patience !== undefined) return;
    stream.pause();
    patience = clock.after(unreadMsMax, () => response.destroy());
  };
  response.on('drain', () => {
    patience?.cancel();
    patience = undefined;
    stream.resume();
  });
  response.once('close', () => {
    patience?.cancel();
    resolve();
  });
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const { isEnd, text } of envelopes.read(chunk)) {
        if (hasEnd) return;
        if (isEnd) end(endLine(text));
        else write(`{"message":${oneLine(text)}}`);
      }
    } catch (error) {
      end(errorLine(refusal(502, 'internal', `ENGINE: not an answer: ${String(error)}`)));
    }
  });
  stream.once('close', () => {
    if (!hasEnd) void brokenBy().then((why) => end(errorLine(why)));
  });
  return ended;
}

/** @param text the JSON of the last envelope: {"error": {"code": ..., "message": ...}} or {} */
function endLine(text: string): string {
  const end: unknown = JSON.parse(text);
  const error = typeof end === 'object' && end !== null && 'error' in end ? end.error : undefined;
  return JSON.stringify(error === undefined ? { end: true } : { error });
}

function errorLine(why: Refusal): string {
  return `{"error":${refusalText(why)}}`;
}

/** JSON may be written over several lines; the engine's is not. */
function oneLine(json: string): string {
  return /[\r\n]/.test(json) ? JSON.stringify(JSON.parse(json)) : json;
}

const cancelCode = 8; // CANCEL, RFC 9113 section 7
