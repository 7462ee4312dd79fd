// A destination of the soak: reads the log in its own time, says what it has got and what is lost,
// and knows what it should have lost.

import assert from 'node:assert/strict';
import { DurableEnd } from '../../src/memory/vault-page.ts';
import { EntryCursor } from '../../src/vault/entry-cursor.ts';
import { SettleKind } from '../../src/vault/hand-over.ts';
import { LogReader } from '../../src/vault/log-reader.ts';
import type { LogSource } from '../../src/vault/log-source.ts';
import type { RigMemory } from '../support/rig-memory.ts';
import type { VaultRig } from '../support/vault-rig.ts';
import type { Flip } from './bit-flips.ts';

export class SoakReader {
  readCount = 0;
  lostCount = 0;
  readonly #rig: VaultRig;
  readonly #memory: RigMemory;
  readonly #consumer: number;
  readonly #reader: LogReader;
  readonly #cursor: EntryCursor;
  readonly #end = new DurableEnd();
  /** Damaged, and not read yet. */
  readonly #expected = new Set<number>();

  constructor(rig: VaultRig, memory: RigMemory, source: LogSource, consumer: number, from: number) {
    this.#rig = rig;
    this.#memory = memory;
    this.#consumer = consumer;
    this.#reader = new LogReader(source);
    this.#cursor = new EntryCursor(rig.area, memory.buffers.hash);
    this.#reader.seek(from);
  }

  get nextEntrySeq(): number {
    return this.#reader.nextEntrySeq;
  }

  expect({ block }: Flip): void {
    if (block === undefined) return;
    for (let seq = block.fromEntrySeq; seq < block.toEntrySeq; seq += 1)
      if (seq >= this.nextEntrySeq) this.#expected.add(seq);
  }

  /** Everything up to the published end; `numberOf` says which body an entry has. */
  readToEnd(numberOf: (entrySeq: number) => number | undefined): void {
    const { page } = this.#rig;
    page.readEnd(this.#end);
    const place = { take: () => this.#memory.place.offsetBytes };
    const lost = new Set<number>();
    for (;;) {
      const before = this.nextEntrySeq;
      const read = this.#reader.next(this.#end, place);
      if (read.kind === 'end') break;
      if (read.kind === 'entries') {
        this.#check(read.rawOffsetBytes, read.rawSizeBytes, numberOf);
        this.#settle(SettleKind.Delivered, read.firstEntrySeq, read.entryCount);
      } else if (read.kind === 'lost') {
        assert.ok(read.exact, 'a loss that is an upper bound');
        assert.equal(read.fromEntrySeq, before);
        this.#rig.vault.reportDamage(read);
        for (let seq = read.fromEntrySeq; seq < read.toEntrySeq; seq += 1) lost.add(seq);
        this.#settle(SettleKind.Lost, read.fromEntrySeq, read.toEntrySeq - read.fromEntrySeq);
      } else assert.fail(JSON.stringify(read));
    }
    this.lostCount += lost.size;
    // `undefined`: the damage came while nothing could read it, or all of it is read.
    const expected = [...this.#expected].sort((x, y) => x - y);
    assert.deepEqual([...lost], expected, 'lost is what stood in the damaged blocks');
    this.#expected.clear();
  }

  close(): void {
    this.#reader.close();
  }

  #check(offset: number, size: number, numberOf: (seq: number) => number | undefined): void {
    const cursor = this.#cursor;
    cursor.begin(offset, size);
    while (cursor.next()) {
      const { entrySeq } = cursor.entry;
      assert.ok(cursor.checkBody(), `the body of ${entrySeq} is what its producer hashed`);
      const number = this.#rig.area.view.getUint32(cursor.bodyOffsetBytes, true);
      assert.equal(number, numberOf(entrySeq), `the body of ${entrySeq} is its own`);
      this.readCount += 1;
    }
  }

  #settle(kind: SettleKind, fromSeq: number, count: number): void {
    if (count > 0) this.#rig.settle(kind, fromSeq, count, this.#consumer);
    if (this.#rig.links.replayToVault.length > 1_000) this.#rig.turn();
  }
}
