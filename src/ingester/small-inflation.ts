// Small compressed bodies, inflated on the spot: a decoder in another thread costs several times
// what the inflation itself does (Node 26.10, one core, 2026-11: 143 us of CPU for a 1.8 KB gzip
// body, 23 us here). Both sizes are bounded, so the event loop is held up for a millisecond at
// most.

import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { KiB } from '../limits.ts';
import { copyBytes } from '../memory/copy-bytes.ts';
import type { Encoding } from './expected-size.ts';
import { expectedSizeBytes } from './expected-size.ts';
import { type InflationParts, type InflationResult, refusalOf, zstdParams } from './inflation.ts';

/** Of the compressed body. */
export const smallInflationSizeBytesMax = 16 * KiB;

/**
 * Undefined: the body is not small or there is no memory for it now, and the slab still belongs to
 * the caller. Else the slab, whose last `lengthBytes` are the body, is used for the result or
 * freed.
 */
export function inflateSmall(
  parts: InflationParts,
  encoding: Encoding,
  slab: number,
  lengthBytes: number,
  sizeBytesMax: number,
): InflationResult | undefined {
  const { slabs, bytes } = parts;
  const end = slabs.bodyOffsetBytes(slab) + slabs.capacityBytes(slab);
  if (lengthBytes > smallInflationSizeBytesMax) return undefined;
  const body = bytes.subarray(end - lengthBytes, end);
  const outputSizeBytesMax = Math.min(smallOutputSizeBytesMax, sizeBytesMax);
  if ((expectedSizeBytes(encoding, body) ?? 0) > outputSizeBytesMax) return undefined;

  let inflated: Inflated;
  try {
    inflated = inflate(encoding, body, outputSizeBytesMax);
  } catch (error) {
    const thrown = error as NodeJS.ErrnoException; // node:zlib throws errors with a code
    if (thrown.code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    slabs.free(slab);
    return refusalOf(encoding, thrown);
  }
  const strayBytes = lengthBytes - inflated.engine.bytesWritten;
  if (strayBytes !== 0) {
    slabs.free(slab);
    const message = `${strayBytes} bytes after the end of the ${encoding} body`;
    return { kind: 'refused', code: 'BODY_CORRUPT', message, wantedBytes: 0 };
  }
  return place(parts, slab, inflated.buffer);
}

/** The input is not needed any more, so the output may lie over it. */
function place(
  { slabs, bytes }: InflationParts,
  slab: number,
  output: Uint8Array,
): InflationResult | undefined {
  let target = slab;
  if (output.length > slabs.capacityBytes(slab)) {
    target = slabs.reserve(output.length);
    if (target === 0) return undefined;
    slabs.free(slab);
  }
  copyBytes(bytes, slabs.bodyOffsetBytes(target), output, 0, output.length);
  return { kind: 'inflated', slab: target, lengthBytes: output.length };
}

/** What the synchronous calls return with `info`, which @types/node does not know. */
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

function inflate(encoding: Encoding, body: Uint8Array, maxOutputLength: number): Inflated {
  const options = { maxOutputLength, info: true };
  const result =
    encoding === 'gzip'
      ? gunzipSync(body, options)
      : zstdDecompressSync(body, { ...options, params: zstdParams });
  return result as unknown as Inflated;
}

const smallOutputSizeBytesMax = 256 * KiB;
