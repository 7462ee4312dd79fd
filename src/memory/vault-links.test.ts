import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ringRecordWords, type ThreadRing } from './thread-ring.ts';
import {
  linkRecordsMax,
  settleRecordsMax,
  VaultLinks,
  vaultLinksSizeBytes,
} from './vault-links.ts';

const guardSizeBytes = 64;

function vaultLinks(shardCount: number): { attach: () => VaultLinks; bytes: Uint8Array } {
  const sizeBytes = vaultLinksSizeBytes(shardCount);
  const buffer = new SharedArrayBuffer(sizeBytes + 2 * guardSizeBytes);
  const region = { offsetBytes: guardSizeBytes, sizeBytes };
  return {
    attach: () => new VaultLinks(buffer, region, shardCount),
    bytes: new Uint8Array(buffer),
  };
}

function ringsOf(links: VaultLinks, shardCount: number): ThreadRing[] {
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);
  return [
    ...[...shards, shardCount].flatMap((one) => [links.toVault(one), links.fromVault(one)]),
    ...shards.flatMap((one) => [links.toReplay(one), links.fromReplay(one)]),
    links.vaultToReplay,
    links.replayToVault,
  ];
}

for (const shardCount of [1, 3]) {
  test(`VaultLinks of ${shardCount} shards are places of their own, the same in every thread`, () => {
    const { attach, bytes } = vaultLinks(shardCount);
    const [ours, theirs] = [attach(), attach()];
    const rings = ringsOf(ours, shardCount);
    assert.equal(rings.length, shardCount * 4 + 4);
    // Each is filled to the last record, with a number of its own; two in one place would show.
    for (const [index, ring] of rings.entries()) {
      const number = index + 1;
      for (let n = 0; n < ring.capacity; n += 1) {
        assert.ok(ring.push(number, number, number, number, number, number, number, number));
      }
      assert.equal(ring.push(number), false);
    }
    for (let shard = 0; shard < shardCount; shard += 1) {
      assert.equal(ours.vaultFlag(shard).raise(), true);
      assert.equal(ours.replayFlag(shard).raise(), true);
      assert.equal(theirs.vaultFlag(shard).raise(), false);
      assert.equal(theirs.replayFlag(shard).raise(), false);
    }
    const bells = [theirs.vaultBell.count, theirs.replayBell.count];
    ours.vaultBell.ring();
    assert.equal(theirs.vaultBell.sleep(bells[0]!, 0), true); // two bells
    assert.equal(theirs.replayBell.sleep(bells[1]!, 0), false);
    ours.replayBell.ring();
    assert.equal(theirs.replayBell.sleep(bells[1]!, 0), true);

    const record = new Uint32Array(ringRecordWords);
    for (const [index, ring] of ringsOf(theirs, shardCount).entries()) {
      let wrong = 0;
      while (ring.pop(record)) if (!record.every((word) => word === index + 1)) wrong += 1;
      assert.equal(wrong, 0, `ring ${index} holds records of another`);
      assert.equal(rings[index]?.length, 0);
    }
    const end = bytes.length - guardSizeBytes;
    assert.ok(bytes.subarray(0, guardSizeBytes).every((byte) => byte === 0));
    assert.ok(bytes.subarray(end).every((byte) => byte === 0));
  });
}

test('VaultLinks have 1,024 records to and from a producer, 4,096 between the two threads', () => {
  const links = vaultLinks(2).attach();
  const capacities = ringsOf(links, 2).map((ring) => ring.capacity);
  assert.deepEqual(capacities, [...Array(10).fill(1_024), 4_096, 4_096]);
  assert.deepEqual([linkRecordsMax, settleRecordsMax], [1_024, 4_096]);
  assert.equal(links.producerCount, 3);
});

test('VaultLinks have no shard and no producer beyond their bounds, and want their whole region', () => {
  const links = vaultLinks(2).attach();
  const check = (call: () => unknown) => assert.throws(call, { name: 'AssertionFailed' });
  check(() => links.toVault(3));
  check(() => links.fromVault(-1));
  check(() => links.toReplay(2));
  check(() => links.fromReplay(2));
  check(() => links.vaultFlag(2));
  check(() => links.replayFlag(2));
  const sizeBytes = vaultLinksSizeBytes(2) - 64;
  const buffer = new SharedArrayBuffer(sizeBytes);
  check(() => new VaultLinks(buffer, { offsetBytes: 0, sizeBytes }, 2));
});
