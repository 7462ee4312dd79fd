// Scenario: the same calls are made to real files in a temporary directory, with and without
// O_DIRECT, and to the simulated disk: first a list by hand, then histories at random.
// Guarantees: both answer the same to every call, so what is proved on the simulated disk holds
// for real files as far as they do not fail.
//
// GOPHERSHIP_VAULT_FACTOR multiplies the histories, GOPHERSHIP_SEED repeats them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  type BlockFile,
  type ListedName,
  OpenMode,
  type VaultDirectory,
} from '../../src/vault/block-file.ts';
import { DirectDirectory } from '../../src/vault/direct-file.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { probeWrite } from '../../src/vault/write-probe.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { firstFreeBytes, vaultArena } from '../support/vault-arena.ts';
import { caseCount } from '../support/vault-cases.ts';
import { type Subject, scenarios } from './block-file-contract.ts';

const unit = 4096;
const arena = vaultArena(64 * unit);
const memory = arena.area.bytes.subarray(firstFreeBytes, firstFreeBytes + 32 * unit);
const temporary = temporaryDirectory('block-file');
let folderCount = 0;

function realDirectory(): { directory: VaultDirectory; path: string } {
  const path = join(temporary.path, `${folderCount++}`);
  mkdirSync(path);
  return { directory: new DirectDirectory(path), path };
}

// Where the temporary folder is on a file system without O_DIRECT, only the rest is left to test.
const takesDirect =
  probeWrite(realDirectory().directory, 'probe', true, memory, 0) === IoFault.None;

after(() => temporary.remove());

describe('the seam to the disk', () => {
  for (const { title, run } of scenarios) {
    it(`DirectDirectory, buffered: ${title}`, () => {
      run({ directory: realDirectory().directory, bytes: memory, direct: false });
    });
    it(`DirectDirectory, direct: ${title}`, { skip: takesDirect ? false : 'no O_DIRECT' }, () => {
      run({ directory: realDirectory().directory, bytes: memory, direct: true });
    });
    for (const direct of [false, true]) {
      it(`SimulatedDisk, ${direct ? 'direct' : 'buffered'}: ${title}`, () => {
        run({ directory: new SimulatedDisk(), bytes: memory, direct });
      });
    }
  }

  it('open() does not follow symbolic links, and Create takes none for free', () => {
    const { directory, path } = realDirectory();
    symlinkSync('/etc/hostname', join(path, 'link'));
    symlinkSync('/nowhere', join(path, 'dangling'));
    for (const name of ['link', 'dangling']) {
      for (const mode of [OpenMode.Read, OpenMode.ReadWrite]) {
        assert.equal(directory.open(name, { mode, direct: false }).fault, IoFault.NotAFile);
      }
      const created = directory.open(name, { mode: OpenMode.Create, direct: false });
      assert.equal(created.fault, IoFault.Exists);
    }
  });

  it('random histories get the same answers from real files and the simulated disk', (context) => {
    const random = new SeededRandom(testSeed(context));
    for (let n = 0; n < caseCount(25); n += 1) {
      const direct = takesDirect && random.oneIn(2);
      const real = new History({ directory: realDirectory().directory, bytes: memory, direct });
      const simulated = new History({ directory: new SimulatedDisk(), bytes: memory, direct });
      for (let step = 0; step < 60; step += 1) {
        const call = randomCall(random);
        assert.deepEqual(simulated.answer(call), real.answer(call), JSON.stringify(call));
      }
      real.close();
    }
  });
});

interface Call {
  readonly name: 'open' | 'close' | 'write' | 'read' | 'truncate' | 'sync' | 'rename' | 'unlink';
  readonly path: string;
  readonly other: string;
  readonly mode: OpenMode;
  readonly position: number;
  readonly length: number;
  readonly fill: number;
}

function randomCall(random: SeededRandom): Call {
  const paths = ['a', 'b', 'c'];
  return {
    name: random.pick([
      ...(['open', 'open', 'close', 'write', 'write', 'write'] as const),
      ...(['read', 'read', 'truncate', 'sync', 'rename', 'unlink'] as const),
    ]),
    path: random.pick(paths),
    other: random.pick(paths),
    mode: random.pick(Object.values(OpenMode)),
    position: unit * random.below(6),
    length: unit * (1 + random.below(3)),
    fill: random.below(256),
  };
}

/** One side of the comparison: a few files, open or not. */
class History {
  readonly #subject: Subject;
  readonly #open = new Map<string, { file: BlockFile; isWritable: boolean }>();

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  answer(call: Call): unknown {
    const { directory, bytes, direct } = this.#subject;
    if (call.name === 'rename') return directory.rename(call.path, call.other);
    if (call.name === 'unlink') {
      const visited: ListedName[] = [];
      const answers = [
        directory.unlink(call.path),
        directory.visit('', (file) => visited.push(file)),
      ];
      visited.sort((a, b) => (a.name < b.name ? -1 : 1)); // in no order
      return [...answers, visited, directory.list(''), directory.visit('none', () => {})];
    }
    const open = this.#open.get(call.path);
    if (call.name === 'open') {
      if (open !== undefined) return 'open already';
      const opened = directory.open(call.path, { mode: call.mode, direct });
      if (opened.fault === IoFault.None) {
        const isWritable = call.mode !== OpenMode.Read;
        this.#open.set(call.path, { file: opened.file, isWritable });
      }
      return opened.fault;
    }
    if (open === undefined) return 'not open';
    const { file, isWritable } = open;
    if (call.name === 'close') {
      this.#open.delete(call.path);
      return file.close();
    }
    if (call.name === 'sync') return file.fdatasync();
    if (call.name === 'read') {
      bytes.fill(0xee);
      const count = file.read(bytes, unit, call.length, call.position);
      // What is behind the bytes that were read is nobody's promise.
      const found = bytes.subarray(unit, unit + Math.max(count, 0));
      return [count, file.sizeBytes(), createHash('sha1').update(found).digest('hex')];
    }
    if (!isWritable) return 'read only';
    if (call.name === 'truncate') return file.truncate(call.position);
    bytes.fill(call.fill, 0, call.length);
    return file.write(bytes, 0, call.length, call.position);
  }

  close(): void {
    for (const { file } of this.#open.values()) file.close();
  }
}
