import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeServerStream } from '../../test/support/fake-server-stream.ts';
import { type ErrorCode, errorTable } from '../errors.ts';
import { answerSizeBytesMax } from '../limits.ts';
import { httpJsonAnswers, httpProtobufAnswers } from './http-answer.ts';

const texts = ['', 'plain', '100 % of €', '\u0000\n', '€'.repeat(5_000), '\ud800'.repeat(5_000)];
const forms = { protobuf: httpProtobufAnswers, json: httpJsonAnswers };

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

for (const [name, form] of Object.entries(forms)) {
  test(`AnswerForm.error() in ${name} has the status of every code, and stays small whatever the text`, () => {
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      for (const text of texts) {
        const stream = streamOf();
        form.error(stream, code, text, errorTable[code].retryable ? 4_001 : undefined);
        assert.equal(stream.outcome, `http ${errorTable[code].http}`);
        const retryAfter = errorTable[code].retryable ? '5' : undefined;
        assert.equal(stream.answer?.fields['retry-after'], retryAfter);
        assert.ok(sizeBytes(stream) <= answerSizeBytesMax, `${code}: ${sizeBytes(stream)} bytes`);
      }
    }
  });

  test(`AnswerForm.ok() in ${name} is made of the same objects each time, or stays small`, () => {
    const [first, second] = [streamOf(), streamOf()];
    form.ok(first, 0, '');
    form.ok(second, 0, '');
    for (const [index, part] of first.answeredWith.entries()) {
      assert.equal(part, second.answeredWith[index]);
    }
    for (const text of texts) {
      const partial = streamOf();
      form.ok(partial, 2 ** 40, text);
      assert.ok(sizeBytes(partial) <= answerSizeBytesMax, `${sizeBytes(partial)} bytes`);
    }
  });
}
