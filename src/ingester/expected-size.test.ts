import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { expectedSizeBytes } from './expected-size.ts';

test('expectedSizeBytes() reads what gzip and zstd bodies say', () => {
  for (const sizeBytes of [0, 1, 255, 256, 300, 65_791, 65_792, 5_000_000]) {
    const plain = Buffer.alloc(sizeBytes, 'x');
    assert.equal(expectedSizeBytes('gzip', gzipSync(plain)), sizeBytes, `gzip ${sizeBytes}`);
    // The reader wants 18 bytes of a zstd body and has no opinion about shorter ones.
    const zstd = Buffer.concat([zstdCompressSync(plain), Buffer.alloc(18)]);
    assert.equal(expectedSizeBytes('zstd', zstd), sizeBytes, `zstd ${sizeBytes}`);
  }
});

test('expectedSizeBytes() is undefined when the body does not say, or is none', () => {
  const params = { [constants.ZSTD_c_contentSizeFlag]: 0 };
  assert.equal(
    expectedSizeBytes('zstd', zstdCompressSync(Buffer.alloc(70_000), { params })),
    undefined,
  );
  assert.equal(expectedSizeBytes('zstd', Buffer.alloc(40)), undefined);
  assert.equal(expectedSizeBytes('gzip', Buffer.alloc(17)), undefined);
  assert.equal(expectedSizeBytes('zstd', Buffer.alloc(0)), undefined);
});
