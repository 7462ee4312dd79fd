import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { ControlResponse } from './http-exchange.ts';
import { sendAnswer } from './rpc-answer.ts';

type Written = (error?: Error) => void;

/** A response whose caller takes what is written when a test says so. */
class SlowResponse extends EventEmitter {
  readonly said: string[] = [];
  readonly #taking: Written[] = [];

  writeHead(status: number, headers: object): void {
    this.said.push(`${status} ${JSON.stringify(headers)}`);
  }

  write(bytes: Uint8Array, written: Written): boolean {
    this.said.push(Buffer.from(bytes).toString());
    this.#taking.push(written);
    return true;
  }

  addTrailers(trailers: object): void {
    this.said.push(`trailers ${JSON.stringify(trailers)}`);
  }

  end(): void {
    this.said.push('end');
  }

  async take(error?: Error): Promise<void> {
    this.#taking.shift()?.(error);
    await setImmediate();
  }
}

function send(messages: readonly string[]) {
  const asked: string[] = [];
  async function* body() {
    try {
      for (const message of messages) {
        asked.push(message);
        yield Buffer.from(message);
      }
    } finally {
      asked.push('done');
    }
  }
  const response = new SlowResponse();
  const answer = {
    ...{ status: 200, header: new Headers({ a: '1' }), trailer: new Headers({ b: '2' }) },
    body: body(),
  };
  // Only what it uses of a response is there.
  const sent = sendAnswer(answer, response as unknown as ControlResponse);
  return { asked, response, sent };
}

test('sendAnswer() asks for a message when the one before has left', async () => {
  const { asked, response, sent } = send(['one', 'two']);
  await setImmediate();
  assert.deepEqual(asked, ['one']);
  await response.take();
  assert.deepEqual(asked, ['one', 'two']);
  await response.take();
  await sent;
  assert.deepEqual(response.said, ['200 {"a":"1"}', 'one', 'two', 'trailers {"b":"2"}', 'end']);
  assert.equal(response.listenerCount('close'), 0);
});

test('sendAnswer() ends what makes the messages when the caller has gone', async () => {
  const closed = send(['one', 'two']);
  await setImmediate();
  closed.response.emit('close');
  await assert.rejects(closed.sent);
  assert.deepEqual(closed.asked, ['one', 'done']);
  const failed = send(['one', 'two']);
  await setImmediate();
  await Promise.all([
    assert.rejects(failed.sent, { message: 'reset' }),
    failed.response.take(new Error('reset')),
  ]);
  assert.deepEqual(failed.asked, ['one', 'done']);
});

test('sendAnswer() sends nothing of an answer that fails before its first message', async () => {
  const response = new SlowResponse();
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* [];
    throw new Error('no message');
  }
  const sent = sendAnswer({ status: 200, body: body() }, response as unknown as ControlResponse);
  await assert.rejects(sent, { message: 'no message' });
  assert.deepEqual(response.said, []);
});

test('sendAnswer() encodes no more of a message of gRPC than has to be', async () => {
  const response = new SlowResponse();
  const text = 'CONTROL_BUSY: 16, "100 %" \u00fc\n\u{1f600}';
  const trailer = new Headers({ 'grpc-message': encodeURIComponent(text) });
  await sendAnswer({ status: 200, trailer }, response as unknown as ControlResponse);
  const sent = 'CONTROL_BUSY: 16, "100 %25" %C3%BC%0A%F0%9F%98%80';
  assert.deepEqual(response.said, [
    '200 {}',
    `trailers ${JSON.stringify({ 'grpc-message': sent })}`,
    'end',
  ]);
});
