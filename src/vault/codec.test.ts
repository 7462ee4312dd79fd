import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { firstFreeBytes, vaultArena } from '../../test/support/vault-arena.ts';
import { caseCount, vaultFactor } from '../../test/support/vault-cases.ts';
import { VaultSamples } from '../../test/support/vault-samples.ts';
import { xxh64 } from '../../test/support/xxh64.ts';
import { BlockHeader, readBlockHeader, writeBlockHeader } from './block-header.ts';
import { ByteView } from './byte-view.ts';
import { CursorSlot, readCursorSlot, writeCursorSlot } from './cursor-slot.ts';
import {
  EntryHeader,
  readEntryHeader,
  writeEntryHeader,
  writeEntryPadding,
} from './entry-header.ts';
import { cursorSlotSizeBytes } from './format.ts';
import { MetaSlot, readMetaSlot, writeMetaSlot } from './meta-slot.ts';
import { ReadStatus } from './read-status.ts';
import { readSegmentHeader, SegmentHeader, writeSegmentHeader } from './segment-header.ts';
import { slotIndexOf } from './slot-pair.ts';
import { readTrailer, Trailer, trailerStoredSizeBytes, writeTrailer } from './trailer.ts';

const { area, hash } = vaultArena(4 * cursorSlotSizeBytes);
const at = firstFreeBytes + 4096;

interface Structure<Fields> {
  readonly name: string;
  readonly sizeBytes: number;
  sample(samples: VaultSamples): Fields;
  write(fields: Fields): void;
  /** `end`: no byte from there on may be needed. */
  read(view: ByteView, offsetBytes: number, like: Fields): { status: ReadStatus; fields: Fields };
}

// What a structure is does not matter to the checks; each closes over its own type of fields.
interface Checks {
  readonly name: string;
  readonly sizeBytes: number;
  roundTrip(samples: VaultSamples): void;
  flip(samples: VaultSamples, bits: Iterable<number>): void;
  truncate(samples: VaultSamples): void;
  garbage(random: SeededRandom, samples: VaultSamples): void;
}

function checksOf<Fields>(structure: Structure<Fields>): Checks {
  const { name, sizeBytes, sample, write, read } = structure;
  const prepare = (samples: VaultSamples): Fields => {
    const fields = sample(samples);
    write(fields);
    return fields;
  };
  return {
    name,
    sizeBytes,
    roundTrip(samples) {
      area.bytes.fill(0xa5, at - 64, at + sizeBytes + 64);
      const written = prepare(samples);
      const before = area.bytes.slice(at - 64, at + sizeBytes + 64);
      const { status, fields } = read(area, at, written);
      assert.equal(status, ReadStatus.Ok, name);
      assert.deepEqual(fields, written, name);
      assert.deepEqual(area.bytes.slice(at - 64, at + sizeBytes + 64), before, 'read changes it');
      assert.ok(
        before.subarray(0, 64).every((byte) => byte === 0xa5),
        'wrote in front',
      );
      assert.ok(
        before.subarray(64 + sizeBytes).every((byte) => byte === 0xa5),
        'wrote behind',
      );
      const plain = new ByteView(before);
      assert.equal(read(plain, 64, written).status, ReadStatus.Ok, 'two hashes');
    },
    flip(samples, bits) {
      const written = prepare(samples);
      for (const bit of bits) {
        const byte = at + (bit >> 3);
        area.bytes[byte]! ^= 1 << (bit & 7); // inside the structure
        const { status } = read(area, at, written);
        area.bytes[byte]! ^= 1 << (bit & 7); // the same
        if (status !== ReadStatus.Damaged && status !== ReadStatus.NotFound)
          assert.fail(`${name}: bit ${bit} flipped, status ${status}`);
      }
      assert.equal(read(area, at, written).status, ReadStatus.Ok);
    },
    truncate(samples) {
      const written = prepare(samples);
      const bytes = area.bytes.slice(at, at + sizeBytes);
      for (let size = 0; size < sizeBytes; size += size < 128 ? 1 : 61) {
        const { status } = read(new ByteView(bytes.subarray(0, size)), 0, written);
        assert.equal(status, ReadStatus.Truncated, `${name} cut to ${size}`);
      }
    },
    garbage(random, samples) {
      const written = prepare(samples);
      const from = random.below(sizeBytes);
      const length = 1 + random.below(Math.min(64, sizeBytes - from));
      const before = area.bytes.slice(at, at + sizeBytes);
      for (let byte = 0; byte < length; byte += 1) area.bytes[at + from + byte] = random.next();
      const isSame = Buffer.compare(before, area.bytes.subarray(at, at + sizeBytes)) === 0;
      assert.equal(read(area, at, written).status === ReadStatus.Ok, isSame, name);
    },
  };
}

const hashOf = (view: ByteView) => (view === area ? hash : xxh64);

const structures: readonly Checks[] = [
  checksOf<SegmentHeader>({
    name: 'segment header',
    sizeBytes: 4096,
    sample: (samples) => samples.segmentHeader(),
    write: (fields) => writeSegmentHeader(area, at, fields, hash),
    read(view, offsetBytes) {
      const fields = new SegmentHeader();
      return { status: readSegmentHeader(view, offsetBytes, fields, hashOf(view)), fields };
    },
  }),
  checksOf<BlockHeader>({
    name: 'block header',
    sizeBytes: 128,
    sample: (samples) => samples.blockHeader(),
    write: (fields) => writeBlockHeader(area, at, fields, hash),
    read(view, offsetBytes) {
      const fields = new BlockHeader();
      return { status: readBlockHeader(view, offsetBytes, fields, hashOf(view)), fields };
    },
  }),
  checksOf<MetaSlot>({
    name: 'META slot',
    sizeBytes: 4096,
    sample: (samples) => samples.metaSlot(),
    write: (fields) => writeMetaSlot(area, at, fields, hash),
    read(view, offsetBytes, like) {
      const fields = new MetaSlot();
      const slot = slotIndexOf(like.generation);
      return { status: readMetaSlot(view, offsetBytes, slot, fields, hashOf(view)), fields };
    },
  }),
  checksOf<CursorSlot>({
    name: 'cursor slot',
    sizeBytes: cursorSlotSizeBytes,
    sample: (samples) => samples.cursorSlot(),
    write: (fields) => writeCursorSlot(area, at, fields, hash),
    read(view, offsetBytes, like) {
      const fields = new CursorSlot();
      const slot = slotIndexOf(like.generation);
      return { status: readCursorSlot(view, offsetBytes, slot, fields, hashOf(view)), fields };
    },
  }),
];

for (const structure of structures) {
  test(`${structure.name}: what is written is read, and nothing around it is touched`, (context) => {
    const samples = new VaultSamples(new SeededRandom(testSeed(context)));
    const count = caseCount(structure.sizeBytes > 4096 ? 40 : 500);
    for (let n = 0; n < count; n += 1) structure.roundTrip(samples);
  });

  test(`${structure.name}: every flipped bit is found`, (context) => {
    const samples = new VaultSamples(new SeededRandom(testSeed(context)));
    // A cursor has 262144 bits under a hash of 32 KiB: all of the fields and of the first ranges,
    // and one in seven of the others unless there is time.
    const stride = structure.sizeBytes > 4096 && vaultFactor < 10 ? 7 : 1;
    const bits = function* () {
      for (let bit = 0; bit < 8 * structure.sizeBytes; bit += bit < 2048 ? 1 : stride) yield bit;
    };
    structure.flip(samples, bits());
  });

  test(`${structure.name}: a part of it is Truncated`, (context) => {
    structure.truncate(new VaultSamples(new SeededRandom(testSeed(context))));
  });

  test(`${structure.name}: bytes overwritten at random are found`, (context) => {
    const random = new SeededRandom(testSeed(context));
    const samples = new VaultSamples(random);
    const count = caseCount(structure.sizeBytes > 4096 ? 500 : 4_000);
    for (let n = 0; n < count; n += 1) structure.garbage(random, samples);
  });
}

test('entry header: what is written is read, cut short it is Truncated, padding must be zero', (context) => {
  const random = new SeededRandom(testSeed(context));
  const samples = new VaultSamples(random);
  for (let n = 0; n < caseCount(2_000); n += 1) {
    const written = samples.entryHeader(random.below(2_000));
    area.bytes.fill(0xa5, at, at + 4096);
    writeEntryHeader(area, at, written);
    const end = writeEntryPadding(area, at, written);
    const read = new EntryHeader();
    assert.equal(readEntryHeader(area, at, end, read), ReadStatus.Ok);
    assert.deepEqual(read, written);
    const cut = at + random.below(end - at);
    assert.equal(readEntryHeader(area, at, cut, read), ReadStatus.Truncated);
    assert.equal(area.bytes[end], 0xa5, 'wrote behind');
    if (written.pieceSizeBytes % 8 === 0) continue;
    area.bytes[end - 1] = 1;
    assert.equal(readEntryHeader(area, at, end, read), ReadStatus.Damaged);
  }
});

test('entry header: pieces of large bodies are read back', (context) => {
  const samples = new VaultSamples(new SeededRandom(testSeed(context)));
  const big = new ByteView(new Uint8Array(1024 * 1024));
  for (let n = 0; n < caseCount(500); n += 1) {
    const written = samples.entryHeader();
    writeEntryHeader(big, 0, written);
    writeEntryPadding(big, 0, written);
    const read = new EntryHeader();
    assert.equal(readEntryHeader(big, 0, big.bytes.length, read), ReadStatus.Ok);
    assert.deepEqual(read, written);
  }
});

test('trailer: what is written is read', (context) => {
  const samples = new VaultSamples(new SeededRandom(testSeed(context)));
  for (let n = 0; n < caseCount(1_000); n += 1) {
    const written = samples.trailer();
    assert.equal(writeTrailer(area, at, written), trailerStoredSizeBytes);
    const read = new Trailer();
    assert.equal(readTrailer(area, at, read), ReadStatus.Ok);
    assert.deepEqual(read, written);
  }
});
