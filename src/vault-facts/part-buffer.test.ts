import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vaultPartSizeBytes } from '../limits.ts';
import { PartBuffer } from './part-buffer.ts';

/** What the parts hold, and how long each is. */
function parts(pieces: readonly Uint8Array[]) {
  const given: Uint8Array[] = [];
  const buffer = new PartBuffer((part) => given.push(part));
  for (const piece of pieces) buffer.write(piece);
  buffer.end();
  buffer.end();
  return { bytes: Buffer.concat(given), lengths: given.map(({ length }) => length) };
}

test('PartBuffer gives the bytes in parts of one length, the last as long as it is', () => {
  const long = Buffer.alloc(2 * vaultPartSizeBytes + 5, 'abcdefg');
  const pieces = [Buffer.from('xy'), long, Buffer.alloc(0), Buffer.from('z')];
  const { bytes, lengths } = parts(pieces);
  assert.ok(bytes.equals(Buffer.concat(pieces)));
  assert.deepEqual(lengths, [vaultPartSizeBytes, vaultPartSizeBytes, 8]);
});

test('PartBuffer gives nothing of nothing, and no empty part behind a full one', () => {
  assert.deepEqual(parts([]).lengths, []);
  assert.deepEqual(parts([Buffer.alloc(vaultPartSizeBytes)]).lengths, [vaultPartSizeBytes]);
});

test('PartBuffer keeps no hold on a part that it gave', () => {
  const given: Uint8Array[] = [];
  const buffer = new PartBuffer((part) => given.push(part));
  buffer.write(Buffer.alloc(vaultPartSizeBytes, 1));
  buffer.write(Buffer.alloc(vaultPartSizeBytes, 2));
  assert.notEqual(given[0]?.buffer, given[1]?.buffer);
  assert.equal(given[0]?.[0], 1);
});
