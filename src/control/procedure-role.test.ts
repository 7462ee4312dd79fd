import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallerService } from '../generated/gophership/control/v1/caller_pb.js';
import { ControlService } from '../generated/gophership/control/v1/control_pb.js';
import { DrainService } from '../generated/gophership/control/v1/drain_pb.js';
import { HistoryService } from '../generated/gophership/control/v1/history_pb.js';
import { DeadLetterService } from '../generated/gophership/control/v1/letters_pb.js';
import { ReplayService } from '../generated/gophership/control/v1/replay_pb.js';
import { TapService } from '../generated/gophership/control/v1/tap_pb.js';
import { VaultService } from '../generated/gophership/control/v1/vault_pb.js';
import { Health } from '../generated/grpc/health/v1/health_pb.js';
import { ServerReflection } from '../generated/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '../generated/grpc/reflection/v1alpha/reflection_pb.js';
import { neededRole, roleByProcedure } from './procedure-role.ts';

const services = [
  HistoryService,
  DeadLetterService,
  CallerService,
  ControlService,
  DrainService,
  ReplayService,
  TapService,
  VaultService,
  Health,
  ServerReflection,
  ServerReflectionAlpha,
];
const procedures = services.flatMap(({ typeName, methods }) =>
  methods.map(({ name }) => `${typeName}/${name}`),
);

test('neededRole() has a row for each procedure, and no other rows', () => {
  assert.deepEqual([...roleByProcedure.keys()].sort(), procedures.sort());
});

test('neededRole() wants an operator for what changes the engine, a viewer for what reads', () => {
  const reads = /\/(Get|Watch|List|Explain|Tap|Inspect|Verify|Export|Estimate)/;
  for (const procedure of procedures.filter((name) => name.startsWith('gophership.'))) {
    assert.equal(neededRole(procedure), reads.test(procedure) ? 'viewer' : 'operator', procedure);
  }
});

test('neededRole() lets anybody ask for the health', () => {
  assert.equal(neededRole('/grpc.health.v1.Health/Check'), 'none');
  assert.equal(neededRole('/grpc.health.v1.Health/Watch'), 'none');
});

test('neededRole() lets viewers ask what there is to call', () => {
  for (const version of ['v1', 'v1alpha']) {
    const procedure = `grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    assert.equal(neededRole(procedure), 'viewer');
  }
});

test('neededRole() takes a path as well, and wants an operator for what it does not know', () => {
  assert.equal(neededRole('/gophership.control.v1.ControlService/GetStatus'), 'viewer');
  for (const unknown of ['', '/', 'GetStatus', '//grpc.health.v1.Health/Check', 'a.B/GetStatus']) {
    assert.equal(neededRole(unknown), 'operator', unknown);
  }
});
