// Scenario: the downstream takes its time, or its queue is full, and producers come in every form;
// some of them cancel. downstream-isolation.test.ts has one that cannot be reached.
// Guarantees: a retryable status with a delay on the stream, and the connection stays; whoever
// waits no longer than its own deadline is told so; a cancelled call gets no answer and holds
// nothing; all is well when the downstream is.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import { after, before, test } from 'node:test';
import { setTimeout as elapsed } from 'node:timers/promises';
import { clientTls } from '../interop/interop-pipeline.ts';
import { exportPath } from '../support/fake-server-stream.ts';
import {
  type ConformanceRig,
  goodMessage,
  isOk,
  recordsMessage,
  requestOf,
  startRig,
} from './conformance-rig.ts';
import { type Form, forms } from './otlp-client.ts';
import type { Reply } from './reply.ts';

let rig: ConformanceRig;
before(async () => {
  rig = await startRig({
    exporters: (files, port) => ({
      otlp_grpc: {
        ...{ endpoint: `localhost:${port}`, tls: clientTls(files), timeout: '30s' },
        retry_on_failure: { initial_interval: '300ms', max_interval: '300ms' },
        sending_queue: { queue_size: 4, sizer: 'requests' },
      },
    }),
  });
});
after(() => rig.close());

function checkRetryable(form: Form, reply: Reply, code: string): void {
  assert.equal(reply.code, code, reply.message);
  assert.equal(reply.status, form === 'gRPC' ? 14 : 503);
  assert.ok(reply.retryDelayMs !== undefined && reply.retryDelayMs >= 400);
}

const late = (answerAfterMs: number) => ({ kind: 'late', answerAfterMs }) as const;

/** As soon as the downstream has answered what it had under way. */
async function recovered(): Promise<void> {
  rig.sink.mode = { kind: 'ok' };
  let reply = await rig.send('gRPC', requestOf('gRPC', goodMessage));
  while (!isOk(reply)) {
    assert.notEqual(reply.retryDelayMs, undefined, reply.code);
    await elapsed(50);
    reply = await rig.send('gRPC', requestOf('gRPC', goodMessage));
  }
}

test('a queue that is full is QUEUE_FULL in every form', async () => {
  rig.sink.mode = late(1_000);
  // One more than there is room for: when the first is answered, the others have it.
  const waiting = [0, 1, 2, 3, 4].map((index) =>
    rig.send('gRPC', requestOf('gRPC', recordsMessage({ eventName: `waits ${index}` }))),
  );
  checkRetryable('gRPC', await Promise.race(waiting), 'QUEUE_FULL');
  for (const form of forms) {
    checkRetryable(form, await rig.send(form, requestOf(form, goodMessage)), 'QUEUE_FULL');
    const { status } = await rig.send(form, { body: requestOf(form, recordsMessage()).body! });
    assert.ok(status === 0 || status === 200, 'a request without records needs no room');
  }
  const codes = (await Promise.all(waiting)).map(({ code }) => code);
  assert.deepEqual(codes.sort(), ['', '', '', '', 'QUEUE_FULL']);
});

test('calls that are cancelled get no answer, and the next ones are served', async () => {
  rig.sink.mode = late(300);
  const before = rig.sink.arrivals.length;
  const session = rig.client.session(rig.engine.port);
  const streams = [0, 1, 2, 3].map((index) => {
    const stream = session.request({
      ...{ ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' },
      ':path': exportPath,
    });
    stream.on('response', () => assert.fail('a cancelled call is not answered'));
    stream.end(requestOf('gRPC', recordsMessage({ eventName: `cancelled ${index}` })).body);
    return stream;
  });
  await rig.sink.until(() => rig.sink.arrivals.length > before);
  for (const stream of streams) {
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await once(stream, 'close');
  }
  // What is on its way to the downstream keeps its room until that has ended.
  await recovered();
  for (const form of forms) await rig.stillGood(form);
});

test('a call whose grpc-timeout passes is DEADLINE, and its batch is taken back', async () => {
  rig.sink.mode = late(300);
  const reply = await rig.send('gRPC', {
    ...requestOf('gRPC', goodMessage),
    headers: { 'grpc-timeout': '100m' },
  });
  assert.deepEqual([reply.status, reply.code], [4, 'DEADLINE']);
  assert.notEqual(reply.retryDelayMs, undefined);
  await recovered();
});
