import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { CallerService } from '../../generated/gophership/control/v1/caller_pb.js';
import { ControlService } from '../../generated/gophership/control/v1/control_pb.js';
import { DrainService } from '../../generated/gophership/control/v1/drain_pb.js';
import { HistoryService } from '../../generated/gophership/control/v1/history_pb.js';
import { DeadLetterService } from '../../generated/gophership/control/v1/letters_pb.js';
import { ReplayService } from '../../generated/gophership/control/v1/replay_pb.js';
import { TapService } from '../../generated/gophership/control/v1/tap_pb.js';
import { VaultService } from '../../generated/gophership/control/v1/vault_pb.js';
import { pageProcedures, procedureKind } from './procedures.ts';

const services: readonly DescService[] = [
  ...[CallerService, ControlService, DrainService, HistoryService, ReplayService, TapService],
  ...[VaultService, DeadLetterService],
];

test('procedureKind() knows procedures of the engine, each as what it is', () => {
  for (const [name, methods] of Object.entries(pageProcedures)) {
    const service = services.find(({ typeName }) => typeName.endsWith(`.${name}`));
    assert.ok(service !== undefined, name);
    for (const [method, kind] of Object.entries(methods)) {
      const known: DescMethod | undefined = service.methods.find(
        (described) => described.name === method,
      );
      assert.ok(known !== undefined, `${name}/${method}`);
      assert.equal(kind, known.methodKind === 'unary' ? 'call' : 'stream', `${name}/${method}`);
      assert.equal(procedureKind(`${service.typeName}/${method}`), kind);
    }
  }
});

test('procedureKind() knows nothing else', () => {
  const names = ['grpc.health.v1.Health/Check', 'ControlService/GetStatus', '', '__proto__'];
  for (const name of names) assert.equal(procedureKind(name), undefined, name);
});
