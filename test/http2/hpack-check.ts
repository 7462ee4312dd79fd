// One connection's decoder, its twin between other bytes, and the model, over the same blocks.

import assert from 'node:assert/strict';
import { DecodeStatus, HpackDecoder } from '../../src/http2/hpack-decoder.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { type DecodedField, FieldList } from './field-list.ts';
import { HpackModel } from './hpack-model.ts';

export class HpackCheck {
  readonly countByStatus = new Map<DecodeStatus, number>();
  readonly #random: SeededRandom;
  #decoder = new HpackDecoder(tableSizeBytesMax);
  #twin = new HpackDecoder(tableSizeBytesMax);
  #model = new HpackModel(tableSizeBytesMax);

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  newConnection(): void {
    this.#decoder = new HpackDecoder(tableSizeBytesMax);
    this.#twin = new HpackDecoder(tableSizeBytesMax);
    this.#model = new HpackModel(tableSizeBytesMax);
  }

  /** A block that all three refuse ends the connection: false, and the next one is of another. */
  check(block: Uint8Array): boolean {
    const expected = this.#model.decode(block);
    // Bytes that would go on with what the block leaves unfinished, and bytes that would not.
    for (const [decoder, poison] of [
      [this.#decoder, this.#random.pick([0x00, 0x61, 0x82])],
      [this.#twin, 0xff],
    ] as const) {
      const bytes = new Uint8Array(block.length + 2 * poisonSizeBytes).fill(poison);
      bytes.set(block, poisonSizeBytes);
      const list = new FieldList();
      const endBytes = poisonSizeBytes + block.length;
      const status = decoder.decode(bytes, poisonSizeBytes, endBytes, list);
      const what = () => `block ${Buffer.from(block).toString('hex')} between ${poison}`;
      if (status !== expected.status) assert.fail(`${status} is not ${expected.status}: ${what()}`);
      if (!sameFields(list.fields, expected.fields)) {
        assert.deepEqual(list.fields, expected.fields, what());
      }
      assert.ok(decoder.tableSizeBytes <= tableSizeBytesMax);
      if (status === DecodeStatus.Ok) {
        assert.equal(decoder.tableEntryCount, this.#model.tableEntryCount);
        assert.equal(decoder.tableSizeBytes, this.#model.tableSizeBytes);
      }
    }
    this.countByStatus.set(expected.status, (this.countByStatus.get(expected.status) ?? 0) + 1);
    if (expected.status === DecodeStatus.Ok) return true;
    this.newConnection();
    return false;
  }
}

const tableSizeBytesMax = 4_096;
const poisonSizeBytes = 16;

/** Much faster than deepEqual(), which is left to say what differs. */
function sameFields(a: readonly DecodedField[], b: readonly DecodedField[]): boolean {
  return (
    a.length === b.length && a.every((field, n) => field.every((part, k) => part === b[n]![k]))
  );
}
