// Scenario: an engine that gives every answer that the ingester can be given, with texts of every
// length, to requests in every form over real ports.
// Guarantees: the status of the table in either protocol; RetryInfo and Retry-After exactly for
// what is worth a retry, in the bytes that protocol readers know; load and faults of ours never
// look like something at which clients drop; partial success and warnings arrive whole or cut.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ErrorCode, type ErrorRow, errorTable, Status } from '../../src/errors.ts';
import type { Answer } from '../../src/ingester/ingest-call.ts';
import { retryDelayMsMax, retryDelayMsMin } from '../../src/limits.ts';
import { ListenerHarness } from '../support/listener-harness.ts';
import { goodMessage, requestOf } from './conformance-rig.ts';
import { type Form, forms, OtlpClient } from './otlp-client.ts';
import { type Reply, readReply } from './reply.ts';

let harness: ListenerHarness;
let client: OtlpClient;
let nextAnswer: Answer;
before(async () => {
  harness = await ListenerHarness.start({
    accept: (call, { slabs }) => {
      slabs.free(call.slab);
      call.answer(nextAnswer);
    },
  });
  client = await OtlpClient.create({ grpc: harness.port, http: harness.httpPort });
});
after(async () => {
  client.close();
  await harness.stop();
});

async function answered(form: Form, answer: Answer): Promise<Reply> {
  nextAnswer = answer;
  return readReply(form, await client.exchange(form, requestOf(form, goodMessage)));
}

const statusOf = (form: Form, code: ErrorCode) =>
  form === 'gRPC' ? errorTable[code].grpc : errorTable[code].http;
const longText = 'ä"\n%\u{1F680}'.repeat(2_000);

/**
 * What producers may be answered; the others end the start or the handshake, or are for operators.
 */
const answerCodes = (Object.keys(errorTable) as ErrorCode[]) // keys of a const object
  .filter((code) => statusOf('HTTP/2 JSON', code) !== 500 && code !== 'TLS_PEER')
  .filter((code) => !code.startsWith('CONTROL_'))
  // A gRPC request has no such fault, or is answered with a bare HTTP status.
  .filter((code) => !['HTTP_SYNTAX', 'VERB', 'CONTENT_TYPE'].includes(code));

for (const form of forms) {
  test(`${form}: every code of the table has its status, and a delay exactly where a retry helps`, async () => {
    for (const code of answerCodes) {
      for (const message of ['', 'why', longText]) {
        const reply = await answered(form, { kind: 'error', code, message });
        assert.equal(reply.code, code);
        assert.equal(reply.status, statusOf(form, code), code);
        assert.equal(reply.retryDelayMs !== undefined, errorTable[code].retryable, code);
        assert.ok(message.length > 5 || reply.message === message);
      }
    }
  });

  test(`${form}: the delay is the one that the engine asks for, within bounds and 20 %`, async () => {
    for (const asked of [0, 1, 500, 2_000, 5_000, 3_600_000]) {
      const error = { kind: 'error', code: 'QUEUE_FULL', message: 'x' } as const;
      const { retryDelayMs = 0 } = await answered(form, { ...error, retryDelayMs: asked });
      const within = Math.min(Math.max(asked, retryDelayMsMin), retryDelayMsMax);
      assert.ok(retryDelayMs >= within * 0.8 - 1 && retryDelayMs <= within * 1.2 + 1, `${asked}`);
    }
  });

  test(`${form}: partial success, warning and plain success`, async () => {
    const ok = (rejectedRecords: number, message: string) =>
      answered(form, { kind: 'ok', rejectedRecords, message });
    const plain = await ok(0, '');
    assert.equal(plain.partial, undefined, 'partial_success is unset');
    const empty = form === 'gRPC' ? '0000000000' : form.endsWith('JSON') ? '7b7d' : '';
    assert.equal(plain.body.toString('hex'), empty);
    assert.deepEqual((await ok(0, 'slow')).partial, { rejected: 0n, message: 'slow' });
    assert.deepEqual((await ok(7, 'too old')).partial, { rejected: 7n, message: 'too old' });
    assert.deepEqual((await ok(7, '')).partial, { rejected: 7n, message: '' });
    const cut = await ok(2 ** 40, longText);
    assert.equal(cut.partial?.rejected, 2n ** 40n);
    assert.match(cut.partial?.message ?? '', /^ä"\n%.*\.\.\.$/s);
  });
}

test('B5 what is for load or a fault of ours is never what clients drop at', () => {
  for (const code of answerCodes) {
    const { grpc, http, retryable, acts }: ErrorRow = errorTable[code];
    const isOurs = retryable || acts !== 'producer';
    const isKept = grpc === Status.Unavailable || grpc === Status.DeadlineExceeded;
    assert.equal(isOurs ? isKept && http === 503 : http >= 400 && http < 500, true, code);
    assert.notEqual(http, 408, code);
    assert.notEqual(grpc, Status.Unknown, code);
  }
});

// protocol.md section 1 has these bytes for VAULT_FULL and 5 s; the same by hand for a code that
// exists: Status{code: 14, message, details: [Any{type URL, RetryInfo{Duration}}]}.
test('gRPC: grpc-status-details-bin is Status with RetryInfo, byte for byte', async () => {
  const error = { kind: 'error', code: 'QUEUE_FULL', message: 'x' } as const;
  const reply = await answered('gRPC', { ...error, retryDelayMs: 5_000 });
  const delayMs = reply.retryDelayMs ?? 0;
  const [seconds, nanos] = [Math.floor(delayMs / 1000), (delayMs % 1000) * 1e6];
  const duration = [...numberField(1, seconds), ...numberField(2, nanos)];
  const typeUrl = Buffer.from('type.googleapis.com/google.rpc.RetryInfo');
  const any = [...bytesField(1, typeUrl), ...bytesField(2, bytesField(1, duration))];
  const text = Buffer.from('QUEUE_FULL: x');
  const status = [...numberField(1, 14), ...bytesField(2, text), ...bytesField(3, any)];
  const expected = Buffer.from(status).toString('base64').replaceAll('=', '');
  assert.equal(reply.fields['grpc-status-details-bin'], expected);
});

function bytesField(field: number, content: Iterable<number>): number[] {
  const bytes = [...content];
  return [field * 8 + 2, ...varint(bytes.length), ...bytes];
}

/** Proto3: 0 is not written. */
function numberField(field: number, value: number): number[] {
  return value === 0 ? [] : [field * 8, ...varint(value)];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
