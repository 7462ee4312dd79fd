// Inflates the message of an answer. We advertise no encoding for answers, but grpc-go answers in
// the encoding of the request whether or not the client said that it takes one, so we read what we
// can send.

import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { downstreamAnswerSizeBytesMax } from '../limits.ts';

/** The message, or why it cannot be read. Synchronous: answers are a few bytes, and bounded. */
export function inflateAnswer(
  message: Uint8Array,
  encoding: string | undefined,
): Uint8Array | string {
  const inflate =
    encoding === 'gzip' ? gunzipSync : encoding === 'zstd' ? zstdDecompressSync : null;
  if (inflate === null) return `compressed answer with grpc-encoding "${encoding ?? ''}"`;
  try {
    return inflate(message, { maxOutputLength: downstreamAnswerSizeBytesMax });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${encoding} answer does not inflate: ${reason}`;
  }
}
