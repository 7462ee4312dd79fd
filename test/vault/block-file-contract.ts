// What every implementation of the disk seam does, as one list of scenarios. They run against real
// files and against the simulated disk, so that what is proved on the one holds for the other.

import assert from 'node:assert/strict';
import {
  type BlockFile,
  FileType,
  OpenMode,
  type OpenOptions,
  type VaultDirectory,
} from '../../src/vault/block-file.ts';
import { IoFault, ioFaultName } from '../../src/vault/io-fault.ts';
import { probeWrite, shortWriteCause } from '../../src/vault/write-probe.ts';

/** An empty directory, memory that direct I/O takes, and whether files are opened with O_DIRECT. */
export interface Subject {
  readonly directory: VaultDirectory;
  readonly bytes: Uint8Array;
  readonly direct: boolean;
}

export interface Scenario {
  readonly title: string;
  run(subject: Subject): void;
}

const unit = 4096;

export function openFile(subject: Subject, path: string, mode: OpenMode): BlockFile {
  const opened = subject.directory.open(path, { mode, direct: subject.direct });
  if (opened.fault !== IoFault.None) assert.fail(`${path}: ${ioFaultName(opened.fault)}`);
  return opened.file;
}

function openFault(subject: Subject, path: string, mode: OpenMode, change?: Partial<OpenOptions>) {
  const opened = subject.directory.open(path, { mode, direct: subject.direct, ...change });
  if (opened.fault === IoFault.None) opened.file.close();
  return opened.fault;
}

function names({ directory }: Subject, path: string): string[] {
  const listed = directory.list(path);
  assert.equal(listed.fault, IoFault.None);
  return listed.fault === IoFault.None ? listed.names.map(({ name }) => name) : [];
}

function create(subject: Subject, path: string, ...fill: number[]): void {
  const file = openFile(subject, path, OpenMode.Create);
  for (const [index, value] of fill.entries()) {
    subject.bytes.fill(value, 0, unit);
    assert.equal(file.write(subject.bytes, 0, unit, index * unit), IoFault.None);
  }
  assert.equal(file.fdatasync(), IoFault.None);
  file.close();
}

export const scenarios: readonly Scenario[] = [
  {
    title: 'read() gives what write() wrote, and stops at the end of the file',
    run(subject) {
      const { bytes } = subject;
      const file = openFile(subject, 'a', OpenMode.Create);
      for (let at = 0; at < 3 * unit; at += 1) bytes[at] = at % 251;
      const written = bytes.slice(0, 3 * unit);
      assert.equal(file.write(bytes, 0, 3 * unit, 0), IoFault.None);
      assert.equal(file.sizeBytes(), 3 * unit);
      bytes.fill(0xff);
      assert.equal(file.read(bytes, unit, 2 * unit, unit), 2 * unit);
      assert.deepEqual(bytes.slice(unit, 3 * unit), written.slice(unit));
      assert.ok(bytes.subarray(0, unit).every((byte) => byte === 0xff));
      assert.equal(file.read(bytes, 0, 2 * unit, 2 * unit), unit);
      assert.equal(file.read(bytes, 0, unit, 3 * unit), 0);
      assert.equal(file.read(bytes, 0, unit, 30 * unit), 0);
      file.close();
    },
  },
  {
    title: 'write() behind the end leaves zeros',
    run(subject) {
      const { bytes } = subject;
      const file = openFile(subject, 'a', OpenMode.Create);
      bytes.fill(7, 0, unit);
      assert.equal(file.write(bytes, 0, unit, 2 * unit), IoFault.None);
      assert.equal(file.read(bytes, 0, 3 * unit, 0), 3 * unit);
      assert.ok(bytes.subarray(0, 2 * unit).every((byte) => byte === 0));
      assert.ok(bytes.subarray(2 * unit, 3 * unit).every((byte) => byte === 7));
      file.close();
    },
  },
  {
    title: 'truncate() cuts and extends, and what comes back is zero',
    run(subject) {
      const { bytes } = subject;
      create(subject, 'a', 1, 2, 3);
      const file = openFile(subject, 'a', OpenMode.ReadWrite);
      assert.equal(file.truncate(unit), IoFault.None);
      assert.equal(file.sizeBytes(), unit);
      assert.equal(file.truncate(2 * unit), IoFault.None);
      assert.equal(file.read(bytes, 0, 4 * unit, 0), 2 * unit);
      assert.equal(bytes[0], 1);
      assert.ok(bytes.subarray(unit, 2 * unit).every((byte) => byte === 0));
      assert.equal(file.fdatasync(), IoFault.None);
      assert.equal(file.truncate(100), IoFault.None);
      assert.equal(file.read(bytes, 0, unit, 0), 100);
      file.close();
    },
  },
  {
    title: 'open() creates only what is not there, and opens only what is',
    run(subject) {
      assert.equal(openFault(subject, 'a', OpenMode.Read), IoFault.NotFound);
      assert.equal(openFault(subject, 'a', OpenMode.ReadWrite), IoFault.NotFound);
      assert.equal(openFault(subject, 'a', OpenMode.Create), IoFault.None);
      assert.equal(openFault(subject, 'a', OpenMode.Create), IoFault.Exists);
      assert.equal(openFault(subject, 'a', OpenMode.Read), IoFault.None);
      assert.equal(openFault(subject, 'no/a', OpenMode.Create), IoFault.NotFound);
      assert.equal(openFault(subject, 'a/b', OpenMode.Create), IoFault.NotAFile);
      assert.equal(subject.directory.makeDirectory('seg'), IoFault.None);
      assert.equal(openFault(subject, 'seg', OpenMode.Create), IoFault.Exists);
      assert.equal(openFault(subject, 'seg', OpenMode.ReadWrite), IoFault.NotAFile);
    },
  },
  {
    title: 'makeDirectory(), list() and unlink() tell files from directories',
    run(subject) {
      const { directory } = subject;
      assert.deepEqual(names(subject, ''), []);
      assert.equal(directory.makeDirectory('seg'), IoFault.None);
      assert.equal(directory.makeDirectory('seg'), IoFault.Exists);
      assert.equal(directory.makeDirectory('no/seg'), IoFault.NotFound);
      create(subject, 'seg/b', 1, 2);
      create(subject, 'seg/a');
      create(subject, 'META', 1);
      assert.deepEqual(names(subject, ''), ['META', 'seg']);
      const listed = directory.list('seg');
      assert.deepEqual(listed, {
        fault: IoFault.None,
        names: [
          { name: 'a', type: FileType.File, sizeBytes: 0 },
          { name: 'b', type: FileType.File, sizeBytes: 2 * unit },
        ],
      });
      assert.equal(directory.list('no').fault, IoFault.NotFound);
      assert.equal(directory.list('META').fault, IoFault.NotAFile);
      assert.equal(directory.unlink('seg'), IoFault.NotAFile);
      assert.equal(directory.unlink('seg/a'), IoFault.None);
      assert.equal(directory.unlink('seg/a'), IoFault.NotFound);
      assert.equal(directory.fsyncDirectory('seg'), IoFault.None);
      assert.equal(directory.fsyncDirectory(''), IoFault.None);
      assert.equal(directory.fsyncDirectory('no'), IoFault.NotFound);
      assert.equal(directory.fsyncDirectory('META'), IoFault.NotAFile);
    },
  },
  {
    title: 'rename() takes the place of what had the name',
    run(subject) {
      const { directory, bytes } = subject;
      create(subject, 'a', 1);
      create(subject, 'b', 2);
      assert.equal(directory.rename('a', 'b'), IoFault.None);
      assert.equal(directory.rename('a', 'b'), IoFault.NotFound);
      assert.equal(directory.rename('b', 'b'), IoFault.None);
      assert.deepEqual(names(subject, ''), ['b']);
      const file = openFile(subject, 'b', OpenMode.Read);
      assert.equal(file.read(bytes, 0, unit, 0), unit);
      assert.equal(bytes[0], 1);
      file.close();
    },
  },
  {
    title: 'a file without a name stays with who has it open',
    run(subject) {
      const { directory, bytes } = subject;
      create(subject, 'a', 1);
      const file = openFile(subject, 'a', OpenMode.ReadWrite);
      assert.equal(directory.unlink('a'), IoFault.None);
      create(subject, 'a', 2);
      assert.equal(file.read(bytes, 0, unit, 0), unit);
      assert.equal(bytes[0], 1);
      assert.equal(file.write(bytes, 0, unit, unit), IoFault.None);
      assert.equal(file.fdatasync(), IoFault.None);
      file.close();
    },
  },
  {
    title: 'direct I/O off the alignment is Invalid, and writes nothing',
    run(subject) {
      if (!subject.direct) return; // buffered files have no alignment
      const { bytes } = subject;
      const file = openFile(subject, 'a', OpenMode.Create);
      assert.equal(file.write(bytes, 0, 100, 0), IoFault.Invalid);
      assert.equal(file.write(bytes, 0, unit, 100), IoFault.Invalid);
      assert.equal(file.write(bytes, 100, unit, 0), IoFault.Invalid);
      assert.equal(file.sizeBytes(), 0);
      assert.equal(file.write(bytes, 0, unit, 0), IoFault.None);
      assert.equal(file.read(bytes, 0, 100, 0), -IoFault.Invalid);
      file.close();
    },
  },
  {
    title: 'calls on a closed file, or a write to one opened for reading, are bugs',
    run(subject) {
      create(subject, 'a', 1);
      const file = openFile(subject, 'a', OpenMode.Read);
      const failed = { name: /^Assert/ };
      assert.throws(() => file.write(subject.bytes, 0, unit, 0), failed);
      file.close();
      assert.throws(() => file.read(subject.bytes, 0, unit, 0), failed);
      assert.throws(() => file.fdatasync(), failed);
      assert.throws(() => file.close(), failed);
      assert.throws(() => subject.directory.unlink('../a'), failed);
      assert.throws(() => subject.directory.unlink('/a'), failed);
    },
  },
  {
    title: 'statfs() knows the file system',
    run({ directory }) {
      const result = directory.statfs();
      assert.equal(result.fault, IoFault.None);
      if (result.fault !== IoFault.None) return; // failed above
      const { status } = result;
      assert.ok(status.availableBytes > 0 && status.availableBytes <= status.sizeBytes);
      assert.ok(status.type !== 0);
    },
  },
  {
    title: 'probeWrite() leaves nothing behind, also after an earlier life did',
    run(subject) {
      const { directory, direct, bytes } = subject;
      create(subject, 'probe', 1, 2);
      assert.equal(probeWrite(directory, 'probe', direct, bytes, 0), IoFault.None);
      assert.deepEqual(names(subject, ''), []);
      assert.equal(shortWriteCause(directory, 'probe', direct, bytes, 0), IoFault.Short);
    },
  },
];
