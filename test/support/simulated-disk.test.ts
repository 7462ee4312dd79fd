import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BlockFile, OpenMode } from '../../src/vault/block-file.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { shortWriteCause } from '../../src/vault/write-probe.ts';
import { SimulatedCrash } from './call-script.ts';
import { everyCrash } from './crash-states.ts';
import { testSeed } from './seed.ts';
import { SeededRandom } from './seeded-random.ts';
import { SimulatedDisk, type SimulatedDiskOptions } from './simulated-disk.ts';
import { caseCount } from './vault-cases.ts';

const unit = 4096;
const bytes = new Uint8Array(8 * unit);

function open(disk: SimulatedDisk, path: string, mode: OpenMode = OpenMode.ReadWrite): BlockFile {
  const opened = disk.open(path, { mode, direct: true });
  if (opened.fault !== IoFault.None) assert.fail(`${path}: ${opened.fault}`);
  return opened.file;
}

function fill(file: BlockFile, value: number, units: number, at = 0): IoFault {
  bytes.fill(value, 0, units * unit);
  return file.write(bytes, 0, units * unit, at * unit);
}

/** A disk with one durable file `a` of these units. */
function diskWith(units: number, options: SimulatedDiskOptions = {}) {
  const disk = new SimulatedDisk(options);
  const file = open(disk, 'a', OpenMode.Create);
  assert.equal(fill(file, 1, units), IoFault.None);
  assert.equal(file.fdatasync(), IoFault.None);
  assert.equal(disk.fsyncDirectory(''), IoFault.None);
  return { disk, file };
}

/** First byte of each unit of the file, as text; `-` without the file. */
function look(disk: SimulatedDisk, path: string, unitBytes = unit): string {
  if (!disk.has(path)) return '-';
  const content = disk.contents(path);
  return [...content].filter((_, at) => at % unitBytes === 0).join('');
}

function names(disk: SimulatedDisk, path = ''): string[] {
  const listed = disk.list(path);
  return listed.fault === IoFault.None ? listed.names.map(({ name }) => name) : [];
}

function crashes(disk: SimulatedDisk, see: (state: SimulatedDisk) => string): string[] {
  return [...new Set([...everyCrash(disk)].map(see))].sort();
}

test('crashed() keeps any subset of the units since the flush, and nothing else', () => {
  const { disk, file } = diskWith(3);
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    ['111'],
  );
  fill(file, 2, 2);
  const subsets = ['111', '121', '211', '221'];
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    subsets,
  );
  assert.equal(look(disk, 'a'), '221', 'the disk itself goes on');
  file.fdatasync();
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    ['221'],
  );
});

test('crashed() keeps any of several writes to one unit', () => {
  const { disk, file } = diskWith(1);
  fill(file, 2, 1);
  fill(file, 3, 1);
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    ['1', '2', '3'],
  );
});

test('crashed() tears inside a unit of 4096 when parts of 512 survive', () => {
  const { disk, file } = diskWith(1, { unitSizeBytes: 512 });
  fill(file, 2, 1);
  const states = crashes(disk, (state) => look(state, 'a', 512));
  assert.equal(states.length, 256);
  assert.ok(states.includes('12121212') && states.includes('11111112'));
});

test('crashed() keeps old or new size of a file, and zeros where nothing survived', () => {
  const { disk, file } = diskWith(1);
  fill(file, 2, 1, 2);
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    ['1', '100', '102'],
  );
  file.fdatasync();
  file.truncate(unit);
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    ['1', '100', '102'],
  );
});

test('crashed() lets changes of names survive each by itself until the directory is synced', () => {
  const { disk, file } = diskWith(1);
  file.close();
  disk.rename('a', 'b');
  open(disk, 'c', OpenMode.Create).close();
  const see = (state: SimulatedDisk) => names(state).join('');
  assert.deepEqual(crashes(disk, see), ['a', 'ac', 'b', 'bc']);
  disk.fsyncDirectory('');
  assert.deepEqual(crashes(disk, see), ['bc']);
  disk.rename('b', 'd');
  disk.rename('d', 'e');
  disk.unlink('c');
  // The second rename can survive without the first; the file never has two names.
  assert.deepEqual(crashes(disk, see), ['b', 'bc', 'cd', 'ce', 'd', 'e']);
});

test('crashed() loses a synced file whose name was not synced', () => {
  const disk = new SimulatedDisk();
  const file = open(disk, 'a', OpenMode.Create);
  fill(file, 1, 1);
  file.fdatasync();
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    ['-', '1'],
  );
});

test('fdatasync() that failed makes nothing durable, and neither does the next', () => {
  const { disk, file } = diskWith(1);
  fill(file, 2, 1);
  disk.script.inject(disk.script.calls.length + 1, { kind: 'fault', fault: IoFault.Medium });
  assert.equal(file.fdatasync(), IoFault.Medium);
  assert.equal(file.fdatasync(), IoFault.None);
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    ['1', '2'],
  );
  fill(file, 3, 1);
  assert.equal(file.fdatasync(), IoFault.None);
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    ['3'],
  );
});

test('inject() makes calls fail, lie and land elsewhere by their number', () => {
  const { disk, file } = diskWith(3);
  const next = (n: number) => disk.script.calls.length + n;
  disk.script.inject(next(1), { kind: 'fault', fault: IoFault.Short, writtenBytes: unit });
  disk.script.inject(next(2), { kind: 'lost' });
  disk.script.inject(next(3), { kind: 'misdirected', path: 'a', positionBytes: 2 * unit });
  disk.script.inject(next(4), { kind: 'fault', fault: IoFault.NoDescriptor });
  disk.script.inject(next(5), { kind: 'lost' });
  assert.equal(fill(file, 2, 2), IoFault.Short);
  assert.equal(look(disk, 'a'), '211');
  assert.equal(fill(file, 3, 1), IoFault.None);
  assert.equal(look(disk, 'a'), '211', 'lost');
  assert.equal(fill(file, 4, 1), IoFault.None);
  assert.equal(look(disk, 'a'), '214', 'misdirected');
  const opened = disk.open('b', { mode: OpenMode.Create, direct: true });
  assert.equal(opened.fault, IoFault.NoDescriptor);
  assert.equal(file.fdatasync(), IoFault.None, 'a sync that lies');
  assert.equal(crashes(disk, (state) => look(state, 'a')).length, 8);
  const call = disk.script.calls.at(-5);
  assert.deepEqual(
    [call?.name, call?.path, call?.positionBytes, call?.lengthBytes, call?.result],
    ['write', 'a', 0, 2 * unit, IoFault.Short],
  );
  assert.throws(() => disk.script.inject(1, { kind: 'lost' }), /has been made/);
});

test('a crash by number stops before the call', () => {
  const { disk, file } = diskWith(1);
  disk.script.inject(disk.script.calls.length + 1, { kind: 'crash' });
  assert.throws(() => fill(file, 2, 1), SimulatedCrash);
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    ['1'],
  );
});

test('a full disk takes overwrites and nothing new, and space comes back', () => {
  const { disk, file } = diskWith(2, { capacityBytes: 3 * unit });
  assert.equal(fill(file, 2, 2, 2), IoFault.NoSpace);
  assert.equal(fill(file, 2, 1, 2), IoFault.None);
  assert.equal(fill(file, 3, 3), IoFault.None, 'overwrite');
  assert.equal(shortWriteCause(disk, 'probe', true, bytes, 0), IoFault.NoSpace);
  assert.equal(disk.statfs().fault, IoFault.None);
  disk.unlink('a');
  assert.equal(disk.usedBytes, 3 * unit, 'still open');
  file.close();
  assert.equal(disk.usedBytes, 0);
  assert.equal(shortWriteCause(disk, 'probe', true, bytes, 0), IoFault.Short);
});

test('a disk that became read-only refuses every change and reads on', () => {
  const { disk, file } = diskWith(1);
  disk.isReadOnly = true;
  assert.equal(fill(file, 2, 1), IoFault.ReadOnly);
  assert.equal(file.truncate(0), IoFault.ReadOnly);
  assert.equal(disk.unlink('a'), IoFault.ReadOnly);
  assert.equal(disk.rename('a', 'b'), IoFault.ReadOnly);
  assert.equal(disk.makeDirectory('seg'), IoFault.ReadOnly);
  assert.equal(disk.open('b', { mode: OpenMode.Create, direct: true }).fault, IoFault.ReadOnly);
  assert.equal(disk.open('a', { mode: OpenMode.ReadWrite, direct: true }).fault, IoFault.ReadOnly);
  assert.equal(file.read(bytes, 0, unit, 0), unit);
});

test('breakUnit(), flipBit() and overwrite() damage the medium itself', () => {
  const { disk, file } = diskWith(3);
  disk.breakUnit('a', 1);
  assert.equal(file.read(bytes, 0, unit, 0), unit);
  assert.equal(file.read(bytes, 0, 3 * unit, 0), -IoFault.Medium);
  assert.equal(fill(file, 2, 1, 1), IoFault.None);
  assert.equal(file.read(bytes, 0, 3 * unit, 0), 3 * unit, 'written again');
  file.fdatasync();
  disk.flipBit('a', 8 * 2 * unit + 1);
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    ['123'],
  );
  disk.overwrite('a', new Uint8Array(unit).fill(9), unit);
  assert.deepEqual(
    crashes(disk, (state) => look(state, 'a')),
    ['193'],
  );
});

test('open() with O_DIRECT is refused where the disk does not take it', () => {
  const disk = new SimulatedDisk({ takesDirect: false });
  assert.equal(disk.open('a', { mode: OpenMode.Create, direct: true }).fault, IoFault.Invalid);
  assert.equal(disk.open('a', { mode: OpenMode.Create, direct: false }).fault, IoFault.None);
});

// A model that knows less: for each unit the set of what it may hold after a crash.
test('SimulatedDisk agrees with a model of sets in random histories', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let n = 0; n < caseCount(400); n += 1) {
    const { disk, file } = diskWith(4);
    const seen = [1, 1, 1, 1];
    const allowed = seen.map((value) => new Set([value]));
    const dirty = new Set<number>();
    for (let step = 0; step < 12; step += 1) {
      const at = random.below(4);
      const units = 1 + random.below(4 - at);
      const value = 2 + step;
      const action = random.pick(['write', 'write', 'sync', 'failed sync', 'failed write']);
      const fails = action.startsWith('failed');
      const fault = { kind: 'fault', fault: IoFault.Medium } as const;
      if (fails) disk.script.inject(disk.script.calls.length + 1, fault);
      const written = Array.from({ length: units }, (_, unitIndex) => at + unitIndex);
      if (action.endsWith('write')) {
        assert.equal(fill(file, value, units, at), fails ? IoFault.Medium : IoFault.None);
        for (const unitIndex of written) {
          allowed[unitIndex]?.add(value);
          if (fails) continue;
          seen[unitIndex] = value;
          dirty.add(unitIndex);
        }
      } else {
        file.fdatasync();
        // dirty units are below four
        for (const unit of fails ? [] : dirty) allowed[unit] = new Set([seen[unit]!]);
        dirty.clear();
      }
      const now = disk.contents('a');
      const after = disk.crashed((count) => random.below(count)).contents('a');
      for (const [unitIndex, value] of seen.entries()) {
        assert.equal(now[unitIndex * unit], value);
        assert.ok(
          allowed[unitIndex]?.has(after[unitIndex * unit] ?? -1),
          'not a state of the unit',
        );
      }
    }
  }
});
