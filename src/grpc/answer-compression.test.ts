import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { downstreamAnswerSizeBytesMax } from '../limits.ts';
import { inflateAnswer } from './answer-compression.ts';

const answer = Buffer.from('partial success');

function check(message: Uint8Array, encoding: string | undefined, expected: Buffer | RegExp) {
  const inflated = inflateAnswer(message, encoding);
  if (expected instanceof RegExp) assert.match(String(inflated), expected);
  else assert.deepEqual(Buffer.from(inflated), expected);
}

test('inflateAnswer() reads gzip and zstd, as grpc-go sends them unasked', () => {
  check(gzipSync(answer), 'gzip', answer);
  check(zstdCompressSync(answer), 'zstd', answer);
});

test('inflateAnswer() says why an answer cannot be read', () => {
  check(answer, 'snappy', /grpc-encoding "snappy"/);
  check(answer, undefined, /grpc-encoding ""/);
  check(answer, 'gzip', /does not inflate/);
});

test('inflateAnswer() stops at the bound of answers', () => {
  check(gzipSync(Buffer.alloc(downstreamAnswerSizeBytesMax + 1)), 'gzip', /does not inflate/);
});
