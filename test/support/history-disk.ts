// The disk of a history of lives: the same one over losses of power, with calls that fail, and with
// an eye on the limit at every call.

import assert from 'node:assert/strict';
import type { VaultDirectory } from '../../src/vault/block-file.ts';
import { cursorPath, metaPath } from '../../src/vault/file-names.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { CallFaults, type CallFaultsPlan } from './call-faults.ts';
import type { Injection } from './call-script.ts';
import { SeededRandom } from './seeded-random.ts';
import { SimulatedDisk } from './simulated-disk.ts';

export class HistoryDisk {
  /** A start is under way. */
  isStarting = false;
  crashCount = 0;
  failedCallCount = 0;
  /** Of the vault itself, without those by which the model looks at it. */
  callCount = 0;
  /** False: the disk lies, or loses what it had: then nothing is asked of the limit. */
  readonly isStrict: boolean;
  readonly #limitBytes: number;
  #disk: SimulatedDisk;
  #faults: CallFaults | undefined;
  #isQuiet = false;

  constructor(unitSizeBytes: number, limitBytes: number, faults: CallFaultsPlan | undefined) {
    this.#limitBytes = limitBytes;
    this.isStrict = !(faults?.isTotal ?? false);
    if (faults !== undefined) this.#faults = new CallFaults(faults);
    this.#disk = new SimulatedDisk({ unitSizeBytes });
    this.#watch();
  }

  get directory(): VaultDirectory {
    return this.#disk;
  }

  get now(): SimulatedDisk {
    return this.#disk;
  }

  heal(): void {
    this.#faults = undefined;
    this.#disk.isReadOnly = false;
  }

  fail(plan: Pick<CallFaultsPlan, 'wait' | 'count' | 'injection'>): void {
    this.#faults = new CallFaults({ ...plan, isOfOneKind: false, isTotal: false });
  }

  /** A look that is not the vault's: its calls neither count nor fail. */
  quietly<T>(look: () => T): T {
    this.#isQuiet = true;
    const result = look();
    this.#isQuiet = false;
    return result;
  }

  /** Power is lost. Of what was not flushed nothing, all, most or anything survives. */
  crash(seed: number, mode: number): void {
    const random = new SeededRandom(seed);
    this.crashCount += 1;
    this.#disk = this.#disk.crashed((count) => {
      if (mode % 4 === 0) return 0;
      if (mode % 4 === 1) return count - 1;
      if (mode % 4 === 2) return random.oneIn(8) ? random.below(count) : count - 1;
      return random.below(count);
    });
    this.#watch();
  }

  /** V14: now and then META or a cursor is gone, or one slot of it. Its path, if it is all gone. */
  damage(pick: number, consumers: readonly string[]): string | undefined {
    const disk = this.#disk;
    const consumer = consumers[pick % consumers.length];
    assert.ok(consumer !== undefined);
    const path = pick % 2 === 0 ? metaPath : cursorPath(consumer);
    const what = pick % 11;
    if (what > 3 || !disk.has(path)) return undefined;
    const sizeBytes = disk.contents(path).length;
    const isWhole = what > 1;
    const fromBytes = what === 1 ? sizeBytes / 2 : 0;
    disk.overwrite(path, new Uint8Array(isWhole ? sizeBytes : sizeBytes / 2), fromBytes);
    return path;
  }

  segmentCount(): number {
    const listed = this.quietly(() => this.#disk.list('seg'));
    if (listed.fault !== IoFault.None) return 0;
    return listed.names.filter(({ name }) => name.endsWith('.vlt')).length;
  }

  #watch(): void {
    const disk = this.#disk;
    disk.script.watch = (call): Injection | undefined => {
      if (this.#isQuiet) return undefined;
      this.callCount += 1;
      const isWithin = disk.namedBytes <= this.#limitBytes;
      assert.ok(isWithin || !this.isStrict, `V9: ${disk.namedBytes} bytes in the vault`);
      const injection = this.#faults?.at(call, this.isStarting);
      if (injection !== undefined) this.failedCallCount += 1;
      return injection;
    };
  }
}
