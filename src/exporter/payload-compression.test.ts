import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { compressPayload } from './payload-compression.ts';

function shared(bytes: Uint8Array): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length));
  view.set(bytes);
  return view;
}

test('compressPayload() writes into shared memory what readers decompress', async () => {
  for (const sizeBytes of [2_000, 65_536, 65_537, 3_000_000]) {
    const text = Buffer.alloc(sizeBytes, 'a log line like all the others, number 12345\n');
    const output = shared(new Uint8Array(sizeBytes));
    for (const [encoding, read] of [
      ['gzip', gunzipSync],
      ['zstd', zstdDecompressSync],
    ] as const) {
      const lengthBytes = await compressPayload(shared(text), output, encoding);
      assert.ok(lengthBytes !== undefined && lengthBytes < sizeBytes / 10);
      assert.deepEqual(read(Buffer.from(output.slice(0, lengthBytes))), text);
    }
  }
});

test('compressPayload() gives up on what does not get smaller, within the output', async () => {
  const guarded = shared(new Uint8Array(200_100).fill(0x55));
  for (const encoding of ['gzip', 'zstd'] as const) {
    const output = guarded.subarray(0, 200_000);
    const input = shared(randomBytes(200_000));
    assert.equal(await compressPayload(input, output, encoding), undefined);
    assert.ok(guarded.subarray(200_000).every((byte) => byte === 0x55));
  }
});
