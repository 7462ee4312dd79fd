// How an answer looks on the wire: one form for gRPC, one for each type of an OTLP/HTTP body.

import type { ErrorCode } from '../errors.ts';
import type { ServerStream } from '../http2/server-stream.ts';
import type { Admission } from './admission.ts';
import type { Answer } from './ingest-call.ts';

export interface AnswerForm {
  ok(stream: ServerStream, rejectedRecords: number, message: string): void;
  /** `retryDelayMs` undefined: the producer is not told to come again. */
  error(
    stream: ServerStream,
    code: ErrorCode,
    message: string,
    retryDelayMs: number | undefined,
  ): void;
}

export function giveAnswer(
  form: AnswerForm,
  stream: ServerStream,
  admission: Admission,
  answer: Answer,
): void {
  if (answer.kind === 'ok') {
    form.ok(stream, answer.rejectedRecords, answer.message);
  } else {
    const { code, message, retryDelayMs } = answer;
    form.error(stream, code, message, admission.retryDelayMs(code, retryDelayMs));
  }
}

/** The text of an error answer: people match on the code, and read the rest. */
export function errorText(code: ErrorCode, message: string): string {
  return `${code}: ${cut(message, errorMessageMax)}`;
}

/** The text beside a success. */
export function okText(message: string): string {
  return cut(message, okMessageMax);
}

/** What a malformed request carries as BadRequest (OTLP 1.11, "Failures"). */
export function badRequestOf(code: ErrorCode, text: string): BadRequest | undefined {
  return code === 'OTLP_MALFORMED' ? { field: 'request', description: text } : undefined;
}

interface BadRequest {
  readonly field: string;
  readonly description: string;
}

// In UTF-16 units. The worst of them takes 3 bytes, 9 when percent-encoded, 6 in JSON, and an error
// stands in the details once more or twice, in base64 for gRPC: both bounds keep an answer below
// answerSizeBytesMax.
const errorMessageMax = 180;
const okMessageMax = 600;

function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 3)}...`;
}
