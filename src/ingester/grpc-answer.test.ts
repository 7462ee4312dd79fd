import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeServerStream } from '../../test/support/fake-server-stream.ts';
import { type ErrorCode, errorTable } from '../errors.ts';
import { decodeStatusDetailsHeader } from '../grpc/retry-info.ts';
import { answerSizeBytesMax } from '../limits.ts';
import { grpcAnswers } from './grpc-answer.ts';

function streamOf(): FakeServerStream {
  return new FakeServerStream(() => ({ data() {}, end() {}, closed() {} }));
}

function sizeBytes({ answer }: FakeServerStream): number {
  assert.ok(answer !== undefined);
  const fields = Object.entries(answer.fields).map(
    ([name, value]) => name.length + value.length + 32,
  );
  return fields.reduce((sum, size) => sum + size, answer.body?.length ?? 0);
}

const codes = Object.keys(errorTable) as ErrorCode[]; // keyof of a const table

test('grpcAnswers.error() carries status, code and details of every code, and stays small whatever the text', () => {
  for (const code of codes) {
    for (const message of [
      '',
      'plain',
      '100 % of €',
      '\u0000\n',
      '€'.repeat(5_000),
      '\ud800'.repeat(5_000),
    ]) {
      const stream = streamOf();
      const retryDelayMs = errorTable[code].retryable ? 1_234 : undefined;
      grpcAnswers.error(stream, code, message, retryDelayMs);
      assert.equal(stream.outcome, `${errorTable[code].grpc} ${code}`);
      assert.match(stream.answer?.fields['grpc-message'] ?? '', /^[\x20-\x7e]+$/);
      const details = decodeStatusDetailsHeader(
        stream.answer?.fields['grpc-status-details-bin'] ?? '',
      );
      assert.equal(details?.retryDelayMs, retryDelayMs);
      assert.ok(sizeBytes(stream) <= answerSizeBytesMax, `${code}: ${sizeBytes(stream)} bytes`);
    }
  }
});

test('grpcAnswers.ok() is an empty message, the same objects each time, or a partial success that stays small', () => {
  const plain = streamOf();
  grpcAnswers.ok(plain, 0, '');
  assert.deepEqual(plain.answer?.body, new Uint8Array(5));
  assert.equal(plain.outcome, '0');
  const again = streamOf();
  grpcAnswers.ok(again, 0, '');
  for (const [index, part] of plain.answeredWith.entries()) {
    assert.equal(part, again.answeredWith[index]);
    assert.notEqual(part, undefined);
  }
  const partial = streamOf();
  grpcAnswers.ok(partial, 2 ** 40, '€'.repeat(5_000));
  assert.ok(sizeBytes(partial) <= answerSizeBytesMax);
});
