import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createDoorsRig, popAll } from '../../test/support/vault-doors-rig.ts';
import { xxh64 } from '../../test/support/xxh64.ts';
import { slabHeaderSizeBytes, slabUnitBytes } from '../memory/size-class.ts';
import { linkRecordsMax } from '../memory/vault-links.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { EntryHeader, readEntryHeader } from '../vault/entry-header.ts';
import { EntryCodec, EntryKind, pieceSizeBytesMax } from '../vault/format.ts';
import { DoneKind, VaultAnswer } from '../vault/hand-over.ts';
import { LogState } from '../vault/log-state.ts';
import { ReadStatus } from '../vault/read-status.ts';
import { U64 } from '../vault/u64.ts';
import { type VaultEntry, VaultReadiness } from './vault-door.ts';
import { behindMs } from './vault-ring-door.ts';

class Entry implements VaultEntry {
  readonly slab: number;
  readonly bodyOffsetBytes: number;
  readonly bodyLengthBytes: number;
  readonly kind = EntryKind.CompressedProtobuf;
  readonly codec = EntryCodec.Zstd;
  readonly producer: string = 'CN=producer é, O=x';
  receivedMs = 0;
  readonly recordCount = 3;
  readonly heldMask = 2;
  readonly settledMask = 1;
  handedMs = 0;
  readonly answers: [VaultAnswer, number][] = [];
  onAnswer = () => {};

  constructor(slab: number, bodyLengthBytes = 20) {
    this.slab = slab;
    this.bodyOffsetBytes = slab * slabUnitBytes + slabHeaderSizeBytes;
    this.bodyLengthBytes = bodyLengthBytes;
  }

  vaultAnswered(answer: VaultAnswer, entrySeq: number): void {
    this.answers.push([answer, entrySeq]);
    this.onAnswer();
  }
}

test('append() makes an entry of the slab, and rings when the turn is over', async () => {
  const { door, links, area, clock, firstSlab } = createDoorsRig();
  const entry = new Entry(firstSlab + 5);
  entry.receivedMs = clock.nowMs();
  clock.advance(700);
  const receivedMs = clock.wallMs() - 700;
  area.bytes.fill(7, entry.bodyOffsetBytes, entry.bodyOffsetBytes + 20);
  const { count } = links.vaultBell;
  door.append(entry);
  assert.equal(links.vaultBell.count, count);
  await new Promise(setImmediate);
  assert.equal(links.vaultBell.count, count + 1);

  assert.deepEqual(
    popAll(links.toVault(0)),
    [[entry.slab, 2 | (1 << 16), 0, 0, 0, 0, 0, 0]],
    'the first tag is 0',
  );
  const header = new EntryHeader();
  const at = entry.slab * slabUnitBytes;
  assert.equal(readEntryHeader(area, at, at + 64 + 24, header), ReadStatus.Ok);
  const { kind, codec, recordCount, bodySizeBytes, receivedNs } = header;
  assert.deepEqual(
    { kind, codec, recordCount, bodySizeBytes },
    {
      ...{ kind: entry.kind, codec: entry.codec },
      ...{ recordCount: 3, bodySizeBytes: 20 },
    },
  );
  assert.equal(receivedNs.msOfNs, receivedMs);
  const expected = new U64();
  const identity = Buffer.from(entry.producer);
  xxh64.hash64(identity, 0, identity.length, expected);
  assert.ok(header.producerHash.equals(expected));
  xxh64.hash64(area.bytes, entry.bodyOffsetBytes, 20, expected);
  assert.ok(header.bodyHash.equals(expected));
  assert.ok(
    area.bytes
      .subarray(entry.bodyOffsetBytes, entry.bodyOffsetBytes + 20)
      .every((byte) => byte === 7),
  );
});

test('append() writes the header of the first piece of an entry that is cut', () => {
  const { door, area, firstSlab } = createDoorsRig();
  const entry = new Entry(firstSlab, pieceSizeBytesMax + 1);
  door.append(entry);
  const header = new EntryHeader();
  const at = entry.slab * slabUnitBytes;
  const endBytes = at + 64 + pieceSizeBytesMax;
  assert.equal(readEntryHeader(area, at, endBytes, header), ReadStatus.Ok);
  assert.equal(header.bodySizeBytes, pieceSizeBytesMax + 1);
  assert.equal(header.pieceSizeBytes, pieceSizeBytesMax);
});

test('wake() gives each answer to its entry, which may append again at once', () => {
  const { door, links, firstSlab } = createDoorsRig();
  const [first, second] = [new Entry(firstSlab), new Entry(firstSlab + 2)];
  door.append(first);
  door.append(second);
  assert.equal(door.outBytes, 40);
  const again = new Entry(firstSlab);
  first.onAnswer = () => door.append(again);
  assert.ok(links.fromVault(0).push(second.slab, VaultAnswer.Full, 0, 0, 1));
  assert.ok(links.fromVault(0).push(first.slab, VaultAnswer.Acked, 7, 2, 0));
  assert.equal(links.vaultFlag(0).raise(), true);
  door.wake();
  assert.deepEqual(first.answers, [[VaultAnswer.Acked, 2 * 2 ** 32 + 7]]);
  assert.equal(second.answers[0]?.[0], VaultAnswer.Full);
  assert.equal(door.outBytes, 20);
  assert.equal(links.vaultFlag(0).raise(), true, 'the next answer sends another message');
});

test('append() never has more out than answers fit, and keeps their order', () => {
  const { door, links, firstSlab } = createDoorsRig();
  const entries = Array.from(
    { length: linkRecordsMax + 3 },
    (_, n) => new Entry(firstSlab + 2 * n),
  );
  for (const entry of entries) door.append(entry);
  const records = popAll(links.toVault(0));
  const slabs = records.map(([slab]) => slab);
  assert.equal(slabs.length, linkRecordsMax);
  assert.equal(door.readiness, VaultReadiness.Behind);
  assert.equal(popAll(links.toVault(0)).length, 0, 'the ring has moved, the answers are not there');

  const late = new Entry(firstSlab + 2 * entries.length);
  entries[0]!.onAnswer = () => door.append(late); // there are some
  for (const [slab = 0, , , tag = 0] of records.slice(0, 2)) {
    links.fromVault(0).push(slab, VaultAnswer.Acked, 1, 0, tag);
  }
  door.wake();
  const more = popAll(links.toVault(0)).map(([slab]) => slab);
  assert.deepEqual(
    [...slabs, ...more],
    entries.slice(0, linkRecordsMax + 2).map(({ slab }) => slab),
  );
  assert.equal(late.answers.length, 0);
});

test('readiness follows the page, and how long the oldest append waits', () => {
  const { door, links, page, clock, firstSlab } = createDoorsRig();
  const states = [
    [LogState.Ok, VaultReadiness.Takes],
    [LogState.Full, VaultReadiness.Full],
    [LogState.ReadOnly, VaultReadiness.Failed],
    [LogState.Ok, VaultReadiness.Takes],
  ] as const;
  for (const [state, readiness] of states) {
    page.set(VaultWord.State, state);
    assert.equal(door.readiness, readiness);
  }
  const [first, second] = [new Entry(firstSlab), new Entry(firstSlab + 2)];
  door.append(first);
  clock.advance(behindMs);
  door.append(second);
  assert.equal(door.readiness, VaultReadiness.Takes);
  clock.advance(1);
  assert.equal(door.readiness, VaultReadiness.Behind);
  links.fromVault(0).push(first.slab, VaultAnswer.Acked, 1, 0);
  door.wake();
  assert.equal(door.readiness, VaultReadiness.Takes, 'the second has not waited long');
  clock.advance(behindMs);
  assert.equal(door.readiness, VaultReadiness.Behind);
});

test('both doors wake up on the messages of the threads', async () => {
  const { door, links, ports, destinations, firstSlab } = createDoorsRig();
  const entry = new Entry(firstSlab);
  const answered = new Promise<void>((resolve) => {
    entry.onAnswer = resolve;
  });
  door.append(entry);
  links.fromVault(0).push(entry.slab, VaultAnswer.Acked, 1, 0);
  ports.vault.postMessage(undefined);
  await answered;
  links.fromReplay(0).push(4_096, 100, 9, 1, 1, 5, 1, 0);
  ports.replay.postMessage(undefined);
  while (destinations[1]?.open.length === 0) await new Promise(setImmediate);
  ports.vault.close();
  ports.replay.close();
  await once(ports.replay, 'close');
});

test('settled() and released() reach the replay thread in order, however many there are', async () => {
  const { door, line, links, clock } = createDoorsRig();
  const count = linkRecordsMax + 10;
  for (let seq = 0; seq < count; seq += 1) {
    if (seq % 2 === 0) door.settled(2 ** 32 + seq, 1, 3);
    else door.released(2 ** 32 + seq, 0);
  }
  let idle = false;
  const said = line.idle().then(() => {
    idle = true;
  });
  const records = popAll(links.toReplay(0));
  clock.advance(10);
  await said;
  assert.equal(idle, true);
  records.push(...popAll(links.toReplay(0)));
  assert.deepEqual(
    records,
    Array.from({ length: count }, (_, seq) =>
      seq % 2 === 0
        ? [DoneKind.LiveSettled, 0, 1, seq, 1, 3, 0, 0]
        : [DoneKind.LiveReleased, 0, 0, seq, 1, 0, 0, 0],
    ),
  );
  assert.equal(clock.pendingCount, 0);
});
