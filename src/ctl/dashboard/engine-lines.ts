// What a stream of the engine says, as lines of JSON for the page: {"message":...} each, and at the
// end {"end":true} or {"error":...}.

import type { ClientHttp2Stream } from 'node:http2';
import { dashboardAnswerSizeBytesMax } from '../../limits.ts';
import { EnvelopeReader } from './connect-envelopes.ts';
import { type Refusal, refusal, refusalText } from './page-answer.ts';

export interface EngineLinesParts {
  line(line: string): void;
  /** Once, with the last line; nothing comes after it. */
  end(line: string): void;
  /** Why the stream broke. */
  brokenBy(): Promise<Refusal>;
}

/** Reads the stream, and closes it when it has said how it ended. */
export function readEngineLines(
  stream: ClientHttp2Stream,
  { line, end, brokenBy }: EngineLinesParts,
): void {
  const envelopes = new EnvelopeReader(dashboardAnswerSizeBytesMax);
  let hasEnd = false;
  const finish = (last: string) => {
    if (hasEnd) return;
    hasEnd = true;
    end(last);
    stream.close(cancelCode);
  };
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const { isEnd, text } of envelopes.read(chunk)) {
        if (hasEnd) return;
        if (isEnd) finish(endLine(text));
        else line(`{"message":${oneLine(text)}}`);
      }
    } catch (error) {
      finish(errorLine(refusal(502, 'internal', `ENGINE: not an answer: ${String(error)}`)));
    }
  });
  stream.once('close', () => {
    if (!hasEnd) void brokenBy().then((why) => finish(errorLine(why)));
  });
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
