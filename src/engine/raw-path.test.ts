import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { HttpProducer } from '../../test/support/http-producer.ts';
import { call, ListenerHarness } from '../../test/support/listener-harness.ts';
import { ScriptedDestination } from '../../test/support/scripted-destination.ts';
import { ScriptedVault } from '../../test/support/scripted-vault.ts';
import { systemClock } from '../clock.ts';
import { decodeStatusDetailsHeader } from '../grpc/retry-info.ts';
import { silentLog } from '../log.ts';
import { Zone } from '../memory/zone-word.ts';
import { EntryCodec, EntryKind } from '../vault/format.ts';
import { VaultAnswer } from '../vault/hand-over.ts';
import { Shard } from './shard.ts';
import { type VaultEntry, VaultReadiness } from './vault-door.ts';

/** Answers each append in the next turn, and keeps what it was given. */
class KeepingVault extends ScriptedVault {
  readonly entries: { readonly kind: number; readonly codec: number; readonly body: Buffer }[] = [];
  readonly #bytes: () => Uint8Array;
  readonly #answer: VaultAnswer;

  constructor(bytes: () => Uint8Array, answer: VaultAnswer) {
    super();
    this.#bytes = bytes;
    this.#answer = answer;
  }

  override append(entry: VaultEntry): void {
    super.append(entry);
    const { kind, codec, bodyOffsetBytes, bodyLengthBytes } = entry;
    const end = bodyOffsetBytes + bodyLengthBytes;
    const body = Buffer.from(this.#bytes().slice(bodyOffsetBytes, end));
    this.entries.push({ kind, codec, body });
    setImmediate(() => this.answer(this.#answer));
  }
}

/** Real listeners before a shard whose zone is Red. */
async function startRed(answer: VaultAnswer) {
  const destination = new ScriptedDestination('otlp_grpc');
  destination.isInstant = true;
  const host = { zone: Zone.Red as Zone };
  const harness: ListenerHarness = await ListenerHarness.start({
    accept: (accepted) => shard.accept(accepted),
    takesRaw: (bodyLengthBytes, producer) => shard.takesRaw(bodyLengthBytes, producer),
  });
  const vault = new KeepingVault(() => harness.bytes, answer);
  const shard = new Shard({
    clock: systemClock,
    log: silentLog,
    counters: harness.counters,
    destinations: [destination],
    vault,
    tap: { isOpen: false, offer() {} },
    ackDeadlineMs: 2_000,
    zone: () => host.zone,
    scan: () => ({ malformed: undefined, resourceCount: 1, recordCount: 1 }),
    countRecords: () => 1,
    freeSlab: (slab) => harness.slabs.free(slab),
    occupancyPercent: () => harness.slabs.occupancyPercent,
  });
  return { harness, vault, destination, host };
}

const message = Buffer.from([0x0a, 0x02, 0x12, 0x00]);

function framed(body: Buffer, compressed: boolean): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

test('Listener and Shard in Red store what a producer sent, bit for bit, and answer OK', async () => {
  // Scenario: gRPC with gzip and plain, HTTP with JSON and with gzip, over real connections.
  // Guarantees: the vault gets the bytes of the body as they were sent, with their kind and codec,
  // the producer an OK, and no destination anything.
  const { harness, vault, destination } = await startRed(VaultAnswer.Acked);
  const producer = await HttpProducer.create({ port: harness.httpPort });
  const gzipped = gzipSync(Buffer.concat(Array.from({ length: 500 }, () => message)));
  const client = harness.client();
  const json = '{ "resourceLogs":  [{}] }';

  const outcomes = [
    (await call(client, framed(gzipped, true), { 'grpc-encoding': 'gzip' })).outcome,
    (await call(client, framed(message, false))).outcome,
    (await producer.post(json, { 'content-type': 'application/json' })).status,
    (
      await producer.post(gzipSync(json), {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      })
    ).status,
  ];
  assert.deepEqual(outcomes, ['0', '0', 200, 200]);
  const { Protobuf, CompressedProtobuf, Json } = EntryKind;
  assert.deepEqual(vault.entries, [
    { kind: CompressedProtobuf, codec: EntryCodec.Gzip, body: gzipped },
    { kind: Protobuf, codec: EntryCodec.None, body: message },
    { kind: Json, codec: EntryCodec.None, body: Buffer.from(json) },
    { kind: Json, codec: EntryCodec.Gzip, body: gzipSync(json) },
  ]);
  assert.equal(destination.deliveries.length, 0);
  assert.equal(harness.slabs.reservedBytes, 0);
  producer.close();
  await harness.stop();
});

test('Listener and Shard tell producers to come again when the vault is full, and keep them', async () => {
  // Scenario: in Red the vault turns out to be full; then there is room at the destination.
  // Guarantees: UNAVAILABLE with RetryInfo and 503 with Retry-After, on connections that stay.
  const { harness, vault, destination } = await startRed(VaultAnswer.Full);
  destination.refusing = { code: 'DESTINATION_DOWN', message: 'down', retryDelayMs: 3_000 };
  const producer = await HttpProducer.create({ port: harness.httpPort });
  const client = harness.client();

  const refused = await call(client, framed(message, false));
  assert.equal(refused.outcome, '14 VAULT_FULL');
  const details = decodeStatusDetailsHeader(String(refused.fields['grpc-status-details-bin']));
  assert.ok(details?.retryDelayMs !== undefined && details.retryDelayMs >= 2_400);
  const json = '{ "resourceLogs": [{}] }';
  const raw = await producer.post(json, { 'content-type': 'application/json' });
  assert.equal(raw.status, 503);
  assert.ok(Number(raw.headers['retry-after']) >= 1);

  vault.readiness = VaultReadiness.Full;
  destination.refusing = undefined;
  assert.equal((await call(client, framed(message, false))).outcome, '0');
  assert.equal((await producer.send('x')).status, 200);
  assert.equal(client.destroyed, false);
  assert.equal(producer.connectionCount, 1);
  assert.equal(destination.deliveries.length, 2);
  assert.equal(harness.slabs.reservedBytes, 0);
  producer.close();
  await harness.stop();
});

test('Listener and Shard parse what comes of a producer that has its share of the vault, and send it', async () => {
  // Scenario: in Red the vault takes from others, and tells this producer that it is full; the
  // destination is well. The producer compresses what it sends.
  // Guarantees: one refusal, from which the shard learns; after it nobody is refused.
  const { harness, destination } = await startRed(VaultAnswer.Full);
  const client = harness.client();
  const gzipped = framed(gzipSync(message), true);
  const send = async () => (await call(client, gzipped, { 'grpc-encoding': 'gzip' })).outcome;
  assert.equal(await send(), '14 VAULT_FULL');
  for (let count = 1; count <= 5; count += 1) {
    assert.equal(await send(), '0');
    assert.equal(destination.deliveries.length, count);
  }
  await harness.stop();
});
