import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delivered } from '../../test/support/scripted-destination.ts';
import { createVaultRig, FakeCall } from '../../test/support/shard-rig.ts';
import { ShardCounter } from '../memory/state-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { EntryCodec, EntryKind, recordsNotCounted } from '../vault/format.ts';
import { VaultAnswer } from '../vault/hand-over.ts';
import { VaultReadiness } from './vault-door.ts';

test('Shard hands everything to the vault in Red, unparsed, and to nobody else', () => {
  const { shard, counters, freed, vault, host, a } = createVaultRig({ malformed: 'field 1' });
  host.zone = Zone.Red;
  assert.equal(shard.takesRaw(1_000, ''), true);
  const forms = [
    [{}, EntryKind.Protobuf, EntryCodec.None, 10],
    [{ encoding: 'gzip' }, EntryKind.CompressedProtobuf, EntryCodec.Gzip, recordsNotCounted],
    [{ encoding: 'zstd' }, EntryKind.CompressedProtobuf, EntryCodec.Zstd, recordsNotCounted],
    [{ type: 'json' }, EntryKind.Json, EntryCodec.None, recordsNotCounted],
    [{ type: 'json', encoding: 'gzip' }, EntryKind.Json, EntryCodec.Gzip, recordsNotCounted],
  ] as const;
  for (const [index, [form, kind, codec, recordCount]] of forms.entries()) {
    const call = new FakeCall(index, Infinity, form);
    shard.accept(call);
    const append = vault.last;
    assert.deepEqual([append.kind, append.codec, append.recordCount], [kind, codec, recordCount]);
    assert.equal(append.heldMask + append.settledMask, 0);
    vault.answer(VaultAnswer.Acked);
    assert.equal(call.codes, 'OK');
  }
  assert.equal(host.scans, 0);
  assert.equal(a.deliveries.length, 0);
  assert.equal(freed.length, forms.length);
  assert.equal(counters.get(ShardCounter.AckedRecords), 10);
});

test('Shard sends in Red what the vault turns down, if it is OTLP', () => {
  const { shard, vault, host, a, b } = createVaultRig();
  host.zone = Zone.Red;
  const [plain, raw] = [new FakeCall(1), new FakeCall(2, Infinity, { encoding: 'gzip' })];
  for (const call of [plain, raw]) {
    shard.accept(call);
    vault.answer(VaultAnswer.ReadOnly);
  }
  assert.equal(raw.codes, 'VAULT_FAILED');
  for (const destination of [a, b]) destination.open[0]?.settle(delivered);
  assert.equal(plain.codes, 'OK');
  vault.readiness = VaultReadiness.Failed;
  assert.equal(shard.takesRaw(1_000, ''), false);
});

test('Shard refuses in Red a malformed message that the vault turns down', () => {
  const { shard, freed, vault, host } = createVaultRig({ malformed: 'field 1' });
  host.zone = Zone.Red;
  const call = new FakeCall(1);
  shard.accept(call);
  vault.answer(VaultAnswer.Full);
  assert.deepEqual(call.answers, [{ kind: 'error', code: 'OTLP_MALFORMED', message: 'field 1' }]);
  assert.deepEqual(freed, [1]);
});
