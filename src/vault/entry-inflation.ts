// Bodies that are compressed as their producer sent them, inflated before they are sent on. In one
// call: the replay thread has no event loop, and nobody waits for it but the backlog. What comes
// out may have the size of a message, beside the arena, for the time of a copy.

import { constants, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { assert } from '../assert.ts';
import { MiB } from '../limits.ts';
import { DeadLetterReason } from './dead-letter-reason.ts';
import { EntryCodec } from './format.ts';

/** What came out, or the reason why nothing can. */
export type Inflated = Uint8Array | DeadLetterReason;

export function inflateBody(codec: number, body: Uint8Array, sizeBytesMax: number): Inflated {
  assert(codec !== EntryCodec.None, 'body is not compressed');
  try {
    const { buffer, engine } = inflate(codec, body, sizeBytesMax);
    // Whatever follows the end of the body would be lost without a word.
    return engine.bytesWritten === body.length ? buffer : DeadLetterReason.CorruptBody;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // node:zlib throws errors with a code
    if (code === 'ERR_BUFFER_TOO_LARGE') return DeadLetterReason.TooLarge;
    if (code === 'Z_MEM_ERROR' || code === 'ZSTD_error_memory_allocation') throw error;
    return DeadLetterReason.CorruptBody;
  }
}

/** Gives the memory back at once: it is garbage that V8 hardly sees. */
export function discardInflated({ buffer }: Uint8Array): void {
  // A smaller one is none of ours: part of a pool that others use, or empty.
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= pieceSizeBytesMin) buffer.transfer(0);
}

/** What the synchronous calls return with `info`, which @types/node does not know. */
interface InflatedBody {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

function inflate(codec: number, body: Uint8Array, maxOutputLength: number): InflatedBody {
  // One piece, so that nothing is put together from many: of what is not used no page is touched.
  const chunkSize = Math.max(pieceSizeBytesMin, maxOutputLength);
  const options = { maxOutputLength, chunkSize, info: true };
  return call(codec, body, options) as unknown as InflatedBody; // see InflatedBody
}

const pieceSizeBytesMin = MiB; // far above what comes from Node's pool

function call(
  codec: number,
  body: Uint8Array,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
): unknown {
  switch (codec) {
    case EntryCodec.Gzip:
      return gunzipSync(body, options);
    case EntryCodec.Zstd:
      return zstdDecompressSync(body, { ...options, params: zstdParams });
    default:
      assert(codec === EntryCodec.Deflate, 'codec unknown');
      return inflateSync(body, options);
  }
}

/** The window that the ingester takes as well: 8 MiB. */
const zstdParams = { [constants.ZSTD_d_windowLogMax]: 23 };
