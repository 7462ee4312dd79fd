// Scenario: callers with and without a role ask over gRPC, by a library that shares nothing with
// the server's, what there is to call; some leave their stream open.
// Guarantees: viewers get every answer, callers without a role none; a stream that is left open has
// no more time than any other call, and takes the place of one.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { ControlService } from '../../src/generated/gophership/control/v1/control_pb.js';
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from '../../src/generated/grpc/reflection/v1/reflection_pb.js';
import { controlAnswerMsMax, controlAnswersMax, controlStreamsMax } from '../../src/limits.ts';
import type { PemPair } from '../../src/tls/certificate-authority.ts';
import { type ControlPort, openControlPort } from '../support/control-port.ts';
import { ControlClient } from './control-client.ts';
import { GrpcCaller } from './grpc-caller.ts';

const cancelled = 1;
const permissionDenied = 7;

type Conversation = ClientDuplexStream<ServerReflectionRequest, ServerReflectionResponse>;

async function converse(control: ControlPort, pair: PemPair): Promise<Conversation> {
  const caller = control.keep(await GrpcCaller.create(control.port, pair));
  return caller.converse(ServerReflection.method.serverReflectionInfo);
}

async function port(context: TestContext): Promise<ControlPort> {
  const control = await openControlPort(context);
  control.listener.attach(control.rig.view);
  return control;
}

async function ask(
  stream: Conversation,
  messageRequest: ServerReflectionRequest['messageRequest'],
): Promise<ServerReflectionResponse['messageResponse']> {
  const answered = once(stream, 'data');
  stream.write(create(ServerReflectionRequestSchema, { messageRequest }));
  const [answer] = await answered;
  return answer.messageResponse;
}

function statusOf(stream: Conversation): Promise<number> {
  stream.on('error', () => {}); // the status has it too
  return new Promise((resolve) => stream.once('status', ({ code }) => resolve(code)));
}

test('a viewer gets answer after answer on one stream, and its end', async (context) => {
  const control = await port(context);
  const stream = await converse(control, control.viewer);
  const listed = await ask(stream, { case: 'listServices', value: '' });
  assert(listed.case === 'listServicesResponse');
  const names = listed.value.service.map(({ name }) => name);
  assert.ok(names.includes(ControlService.typeName));
  for (const name of names) {
    const file = await ask(stream, { case: 'fileContainingSymbol', value: name });
    assert.equal(file.case, 'fileDescriptorResponse', name);
  }
  const status = statusOf(stream);
  stream.end();
  assert.equal(await status, 0);
});

test('without a role there is no answer', async (context) => {
  const control = await port(context);
  const stream = await converse(control, control.producer);
  const status = statusOf(stream);
  stream.write(create(ServerReflectionRequestSchema));
  assert.equal(await status, permissionDenied);
});

test('a stream that is left open has the time of any other call', async (context) => {
  const control = await port(context);
  const stream = await converse(control, control.viewer);
  await ask(stream, { case: 'listServices', value: '' });
  const status = statusOf(stream);
  control.rig.clock.advance(controlAnswerMsMax);
  assert.equal(await status, cancelled);
});

test('streams that are left open are among those that may be open', async (context) => {
  const control = await port(context);
  const connect = async () =>
    control.keep(await ControlClient.connect(control.port, control.viewer));
  const { typeName } = ServerReflection;
  const headers = {
    ...{ ':method': 'POST', ':path': `/${typeName}/ServerReflectionInfo` },
    ...{ 'content-type': 'application/grpc', te: 'trailers' },
  };
  const perConnection = controlStreamsMax / 2;
  for (let count = 0; count < controlAnswersMax; count += perConnection) {
    const client = await connect();
    for (let stream = 0; stream < perConnection; stream += 1) {
      client.session.request(headers).on('error', () => {}); // at the end of the test
    }
    // Comes after them.
    assert.equal((await client.get('/livez')).status, 200);
  }
  assert.equal((await (await connect()).get('/metrics')).status, 429);
});
