import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFileRegistry, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { createClient, createRouterTransport } from '@connectrpc/connect';
import { Status } from '../errors.ts';
import { ControlService } from '../generated/gophership/control/v1/control_pb.js';
import { Health } from '../generated/grpc/health/v1/health_pb.js';
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
} from '../generated/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '../generated/grpc/reflection/v1alpha/reflection_pb.js';
import { serveReflection } from './reflection-service.ts';

const transport = createRouterTransport((router) => {
  router.service(ControlService, {});
  router.service(Health, {});
  serveReflection(router);
});

type Init = MessageInitShape<typeof ServerReflectionRequestSchema>;
type Question = NonNullable<Init['messageRequest']>;

async function ask(...questions: Question[]) {
  async function* requests() {
    for (const messageRequest of questions) yield { host: 'engine', messageRequest };
  }
  const client = createClient(ServerReflection, transport);
  return Array.fromAsync(client.serverReflectionInfo(requests()));
}

/** The files of one answer. */
async function filesOf(question: Question) {
  const [answer] = await ask(question);
  const response = answer?.messageResponse;
  assert(response?.case === 'fileDescriptorResponse', JSON.stringify(response));
  return response.value.fileDescriptorProto.map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
}

const controlFile = 'gophership/control/v1/control.proto';

test('serverReflectionInfo() lists what is served, in both versions of itself', async () => {
  const names = [
    'gophership.control.v1.ControlService',
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
    'grpc.reflection.v1alpha.ServerReflection',
  ];
  const [answer] = await ask({ case: 'listServices', value: '' });
  assert(answer?.messageResponse.case === 'listServicesResponse');
  assert.deepEqual(
    answer.messageResponse.value.service.map(({ name }) => name),
    names,
  );
  const older = createClient(ServerReflectionAlpha, transport);
  async function* requests() {
    yield { messageRequest: { case: 'listServices' as const, value: '*' } };
  }
  const [same] = await Array.fromAsync(older.serverReflectionInfo(requests()));
  assert(same?.messageResponse.case === 'listServicesResponse');
  assert.equal(same.messageResponse.value.service.length, names.length);
});

test('serverReflectionInfo() gives a file with all that it imports, from which a client can be made', async () => {
  const file = await filesOf({ case: 'fileByFilename', value: controlFile });
  assert.equal(file[0]?.name, controlFile);
  assert.deepEqual(
    file.map(({ name }) => name),
    [controlFile, 'google/protobuf/duration.proto', 'google/protobuf/timestamp.proto'],
  );
  const set = { $typeName: FileDescriptorSetSchema.typeName, file: file.toReversed() } as const;
  const service = createFileRegistry(set).getService(ControlService.typeName);
  assert.deepEqual(
    service?.methods.map(({ name }) => name),
    ControlService.methods.map(({ name }) => name),
  );
});

test('serverReflectionInfo() finds the file of every kind of symbol', async () => {
  for (const symbol of [
    ...['ControlService', 'ControlService.GetStatus', 'Zone', 'ZONE_RED', 'Destination'],
    ...['Destination.State', 'Destination.STATE_DOWN', 'Status.vault', 'WatchStatusResponse.event'],
  ]) {
    const value = `gophership.control.v1.${symbol}`;
    const [file] = await filesOf({ case: 'fileContainingSymbol', value });
    assert.equal(file?.name, controlFile, symbol);
  }
  const value = 'google.protobuf.Duration';
  const [imported] = await filesOf({ case: 'fileContainingSymbol', value });
  assert.equal(imported?.name, 'google/protobuf/duration.proto');
});

test('serverReflectionInfo() answers every request of a stream, and says what there is not', async () => {
  const message = 'gophership.control.v1.Status';
  const answers = await ask(
    { case: 'fileContainingSymbol', value: 'no.Such' },
    { case: 'fileByFilename', value: '../../etc/passwd' },
    { case: 'fileContainingExtension', value: { containingType: message, extensionNumber: 1 } },
    { case: 'allExtensionNumbersOfType', value: 'gophership.control.v1.Zone' },
    { case: 'allExtensionNumbersOfType', value: message },
    { case: undefined },
  );
  const outcomes = answers.map(({ messageResponse: { case: kind, value } }) =>
    kind === 'errorResponse' ? value.errorCode : kind,
  );
  const { NotFound, InvalidArgument } = Status;
  assert.deepEqual(outcomes, [
    ...[NotFound, NotFound, NotFound, NotFound, 'allExtensionNumbersResponse', InvalidArgument],
  ]);
  assert.equal(answers[0]?.validHost, 'engine');
  assert.equal(answers[0]?.originalRequest?.messageRequest.value, 'no.Such');
});
