import {
  area,
  checkReading,
  checkWriting,
  type Patch,
  tooLarge,
} from '../../test/support/refusal-check.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { VaultSamples } from '../../test/support/vault-samples.ts';
import { EntryHeader, readEntryHeader, writeEntryHeader } from './entry-header.ts';
import { EntryKind } from './format.ts';
import { ReadStatus } from './read-status.ts';

function entryHeader(): EntryHeader {
  const entry = new VaultSamples(new SeededRandom(1)).entryHeader(100);
  Object.assign(entry, {
    kind: EntryKind.Protobuf,
    codec: 0,
    reason: 0,
    owedTo: 0,
    originalKind: 0,
  });
  return Object.assign(entry, { attempts: 0, statusCode: 0, entrySeq: 7 });
}

checkReading(
  'entry header',
  () => writeEntryHeader(area, 0, entryHeader()),
  () => readEntryHeader(area, 0, area.bytes.length, new EntryHeader()),
  [
    ['another magic', ReadStatus.NotFound, [0, 32, 0]],
    ['kind 0', ReadStatus.UnknownFeature, [4, 8, 0]],
    ['kind 6', ReadStatus.UnknownFeature, [4, 8, 6]],
    ['codec 4', ReadStatus.UnknownFeature, [5, 8, 4]],
    ['plain protobuf under a codec', ReadStatus.Inconsistent, [5, 8, 1]],
    ['compressed protobuf without one', ReadStatus.Inconsistent, [4, 8, 2]],
    ['compressed protobuf', ReadStatus.Ok, [4, 8, 2], [5, 8, 2]],
    ['entrySeq 2^53', ReadStatus.BeyondLimit, [8, 64, tooLarge]],
    ['body above 64 MiB', ReadStatus.BeyondLimit, [32, 32, 64 * 2 ** 20 + 1]],
    ['body longer than its only piece', ReadStatus.Inconsistent, [32, 32, 101]],
    ['piece longer than the body', ReadStatus.Inconsistent, [40, 32, 101]],
    ['no first piece', ReadStatus.Inconsistent, [6, 16, 2]],
    ['no last piece', ReadStatus.Inconsistent, [6, 16, 1]],
    ['an unknown flag', ReadStatus.Inconsistent, [6, 16, 7]],
    ['a short piece that is not the last', ReadStatus.Inconsistent, [40, 32, 50], [6, 16, 1]],
    ['a piece behind the body', ReadStatus.Inconsistent, [36, 32, 1_048_512], [6, 16, 2]],
    [
      'an empty piece at the end',
      ReadStatus.Inconsistent,
      ...([
        [32, 32, 1_048_512],
        [36, 32, 1_048_512],
        [40, 32, 0],
        [6, 16, 2],
      ] satisfies Patch[]),
    ],
    ['attempts without dead letter', ReadStatus.Inconsistent, [47, 8, 1]],
    ['a status code without dead letter', ReadStatus.Inconsistent, [60, 32, 14]],
    ['a piece inside', ReadStatus.Inconsistent, [36, 32, 8], [40, 32, 92], [6, 16, 2]],
    ['a reason without dead letter', ReadStatus.Inconsistent, [44, 8, 1]],
    ['owed to somebody without dead letter', ReadStatus.Inconsistent, [45, 8, 1]],
    ['a dead letter without reason', ReadStatus.Inconsistent, [4, 8, 5], [46, 8, 1]],
    ['a dead letter of a dead letter', ReadStatus.Inconsistent, [4, 8, 5], [44, 16, 1], [46, 8, 5]],
    ['a dead letter', ReadStatus.Ok, [4, 8, 5], [44, 16, 1], [46, 8, 1]],
    ['a dead letter that is owed', ReadStatus.Ok, [4, 8, 5], [44, 16, 0xff01], [46, 8, 1]],
    ['a dead letter for no reason', ReadStatus.Inconsistent, [4, 8, 5], [45, 8, 1], [46, 8, 1]],
  ],
);
checkWriting('entry header', entryHeader, (it) => writeEntryHeader(area, 0, it), {
  'no kind': (it) => Object.assign(it, { kind: 0 }),
  'piece longer than the body': (it) => Object.assign(it, { pieceSizeBytes: 101 }),
  'a reason without dead letter': (it) => Object.assign(it, { reason: 1 }),
  'entrySeq below 0': (it) => Object.assign(it, { entrySeq: -1 }),
});
