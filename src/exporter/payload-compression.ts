// Compresses a rendered request into memory that is there already, 64 KiB at a time, so that a
// request never costs more than the codec's window and two chunks beside the arena.

import { constants, createGzip, createZstdCompress, type Gzip, type ZstdCompress } from 'node:zlib';
import type { Compression } from '../config/config.ts';
import { KiB } from '../limits.ts';

export type PayloadEncoding = 'identity' | 'gzip' | 'zstd';

/**
 * Bytes written to `output`, or undefined when the input does not get smaller (or the codec fails):
 * then it goes as it is. `output` must be as long as `input`, or longer.
 */
export async function compressPayload(
  input: Uint8Array,
  output: Uint8Array,
  encoding: Exclude<Compression, 'none'>,
): Promise<number | undefined> {
  const codec = createCodec(encoding);
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  let writtenBytes = 0;
  codec.on('data', (chunk: Uint8Array) => {
    if (codec.destroyed) return;
    if (
      writtenBytes + chunk.length >= input.length ||
      writtenBytes + chunk.length > output.length
    ) {
      codec.destroy();
      return;
    }
    output.set(chunk, writtenBytes);
    writtenBytes += chunk.length;
  });
  codec.on('end', () => resolve(writtenBytes));
  codec.on('error', () => resolve(undefined)); // sent uncompressed, nothing is lost
  codec.on('close', () => resolve(undefined)); // after 'end' this changes nothing
  feed(codec, input);
  return promise;
}

const chunkSizeBytes = 64 * KiB;

// Speed over ratio: logs shrink well at the lowest level. A window of 512 KiB bounds the codec's
// memory, ours and the reader's, which need not accept more than 8 MiB.
const zstdWindowLog = 19;

function createCodec(encoding: Exclude<Compression, 'none'>): Gzip | ZstdCompress {
  if (encoding === 'gzip') return createGzip({ level: 1, chunkSize: chunkSizeBytes });
  return createZstdCompress({
    chunkSize: chunkSizeBytes,
    params: {
      [constants.ZSTD_c_compressionLevel]: 1,
      [constants.ZSTD_c_windowLog]: zstdWindowLog,
    },
  });
}

/** One chunk after the other: the next one is written when the codec is done with the last. */
function feed(codec: Gzip | ZstdCompress, input: Uint8Array): void {
  let offsetBytes = 0;
  function next(): void {
    if (codec.destroyed) return;
    if (offsetBytes >= input.length) {
      codec.end();
      return;
    }
    const chunk = input.subarray(offsetBytes, offsetBytes + chunkSizeBytes);
    offsetBytes += chunk.length;
    codec.write(chunk, next);
  }
  next();
}
