import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControlService } from '../generated/gophership/control/v1/control_pb.js';
import { Health } from '../generated/grpc/health/v1/health_pb.js';
import { neededRole, roleByProcedure } from './procedure-role.ts';

const procedures = [ControlService, Health].flatMap(({ typeName, methods }) =>
  methods.map(({ name }) => `${typeName}/${name}`),
);

test('neededRole() has a row for each procedure, and no other rows', () => {
  assert.deepEqual([...roleByProcedure.keys()].sort(), procedures.sort());
});

test('neededRole() wants an operator for what changes the engine, a viewer for what reads', () => {
  const reads = /\/(Get|Watch|List|Explain)/;
  for (const procedure of procedures.filter((name) => name.startsWith('gophership.'))) {
    assert.equal(neededRole(procedure), reads.test(procedure) ? 'viewer' : 'operator', procedure);
  }
});

test('neededRole() lets anybody ask for the health', () => {
  assert.equal(neededRole('/grpc.health.v1.Health/Check'), 'none');
  assert.equal(neededRole('/grpc.health.v1.Health/Watch'), 'none');
});

test('neededRole() takes a path as well, and wants an operator for what it does not know', () => {
  assert.equal(neededRole('/gophership.control.v1.ControlService/GetStatus'), 'viewer');
  for (const unknown of ['', '/', 'GetStatus', '//grpc.health.v1.Health/Check', 'a.B/GetStatus']) {
    assert.equal(neededRole(unknown), 'operator', unknown);
  }
});
