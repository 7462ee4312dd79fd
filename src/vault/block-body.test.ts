import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { firstFreeBytes, vaultArena } from '../../test/support/vault-arena.ts';
import { caseCount } from '../../test/support/vault-cases.ts';
import { BlockBodyCheck, finishBlockBody } from './block-body.ts';
import { BlockHeader } from './block-header.ts';
import { ByteView } from './byte-view.ts';
import { ReadStatus } from './read-status.ts';

const { area: arena, hash } = vaultArena(6 * 4096);
const area = new ByteView(arena.bytes.subarray(firstFreeBytes, firstFreeBytes + 6 * 4096));
const offsetBytes = 4096;
const body = new BlockBodyCheck(hash);

function finish(storedSizeBytes: number): { header: BlockHeader; endBytes: number } {
  const header = new BlockHeader();
  header.storedSizeBytes = storedSizeBytes;
  area.bytes.fill(0xee);
  return { header, endBytes: finishBlockBody(area, offsetBytes, header, hash) };
}

test('finishBlockBody() pads to a unit at every length up to three units, and check() takes it', () => {
  for (let stored = 0; stored <= 3 * 4096; stored += 1) {
    const { header, endBytes } = finish(stored);
    if (endBytes % 4096 !== 0 || area.bytes[endBytes] !== 0xee) assert.fail(`${stored} stored`);
    const status = body.check(area, offsetBytes, header);
    if (status !== ReadStatus.Ok) assert.fail(`${stored} stored: ${status}`);
  }
});

test('check() finds every flipped bit of what is stored and of the padding', () => {
  for (const stored of [0, 100, 3960, 3961, 3968, 4000]) {
    const { header, endBytes } = finish(stored);
    for (let bit = 8 * (offsetBytes + 128); bit < 8 * endBytes; bit += 1) {
      area.bytes[bit >> 3]! ^= 1 << (bit & 7); // inside the area
      const status = body.check(area, offsetBytes, header);
      area.bytes[bit >> 3]! ^= 1 << (bit & 7); // the same
      if (status !== ReadStatus.Damaged) assert.fail(`${stored} stored, bit ${bit}: ${status}`);
    }
  }
});

test('check() of a block that is cut says Truncated, never Ok', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let n = 0; n < caseCount(300); n += 1) {
    const { header, endBytes } = finish(random.below(3 * 4096));
    const size = offsetBytes + 128 + random.below(endBytes - offsetBytes - 128);
    const cut = new ByteView(area.bytes.subarray(0, size));
    assert.equal(body.check(cut, offsetBytes, header), ReadStatus.Truncated);
  }
});
