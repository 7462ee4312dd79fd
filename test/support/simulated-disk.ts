// The twin of direct-file.ts: a disk in memory, the same every time. Between flushes a crash keeps
// any subset of what was written, unit by unit, and of the changes of names; calls fail, lie or
// stop the machine by their number; the medium can be full, read-only, unreadable or altered.

import assert from 'node:assert/strict';
import {
  directAlignmentBytes,
  FileType,
  type ListedName,
  type ListResult,
  OpenMode,
  type OpenOptions,
  type OpenResult,
  type StatfsResult,
  type VaultDirectory,
} from '../../src/vault/block-file.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { assertVaultPath, nameOf, parentPath } from '../../src/vault/vault-path.ts';
import { CallScript, type DiskCall } from './call-script.ts';
import { SimulatedFile } from './simulated-file.ts';
import { SimulatedFolder, type SimulatedNode } from './simulated-folder.ts';
import { type Choose, SimulatedInode } from './simulated-inode.ts';

export interface SimulatedDiskOptions {
  /** What survives a crash whole: 4096 or 512. */
  readonly unitSizeBytes?: number;
  readonly capacityBytes?: number;
  /** What direct I/O asks of addresses, lengths and positions. */
  readonly alignmentBytes?: number;
  /** False: opening with O_DIRECT is refused, as on ramfs. */
  readonly takesDirect?: boolean;
  /** statfs f_type; ext4 unless given. */
  readonly type?: number;
}

type Failure = Exclude<IoFault, typeof IoFault.None>;
type Found = { readonly folder: SimulatedFolder; readonly node: SimulatedNode | undefined };

export class SimulatedDisk implements VaultDirectory {
  readonly options: Required<SimulatedDiskOptions>;
  readonly script = new CallScript();
  /** Remounted: everything that would change the disk is refused from now on. */
  isReadOnly = false;
  readonly #root: SimulatedFolder;
  /** Files that have no name any more, but a descriptor: they still take room. */
  readonly #unnamed = new Set<SimulatedInode>();
  readonly #descriptors = new WeakMap<SimulatedInode, number>();

  constructor(options: SimulatedDiskOptions = {}, root = new SimulatedFolder()) {
    const defaults = { unitSizeBytes: 4096, capacityBytes: 2 ** 40, takesDirect: true };
    const rest = { alignmentBytes: directAlignmentBytes, type: 0xef53 };
    this.options = { ...defaults, ...rest, ...options };
    this.#root = root;
  }

  /** The disk after power was lost now. This one goes on as if nothing had happened. */
  crashed(choose: Choose): SimulatedDisk {
    return new SimulatedDisk(this.options, this.#root.crashed(choose));
  }

  get usedBytes(): number {
    const files = [...this.#root.files(), ...this.#unnamed];
    return files.reduce((sum, inode) => sum + inode.allocatedBytes, 0);
  }

  /** As a sum of all file sizes sees it: what has a name. */
  get namedBytes(): number {
    return [...this.#root.files()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  // Looking and damaging are a test's, and no calls: they have no number.

  has(path: string): boolean {
    const found = this.#lookUp(path);
    return typeof found !== 'number' && found.node !== undefined;
  }

  /** Paths of the segments in a folder. */
  segmentsIn(folder: string): string[] {
    const found = this.#lookUp(`${folder}/x`);
    const names = typeof found === 'number' ? [] : [...found.folder.names.keys()];
    return names.filter((name) => name.endsWith('.vlt')).map((name) => `${folder}/${name}`);
  }

  /** What a reader of the file sees. */
  contents(path: string): Uint8Array {
    const inode = this.#inode(path);
    return inode.read(0, inode.sizeBytes);
  }

  /** Changes the medium itself. */
  overwrite(path: string, bytes: Uint8Array, positionBytes: number): void {
    this.#inode(path).overwrite(bytes, positionBytes);
  }

  flipBit(path: string, bitIndex: number): void {
    const at = Math.floor(bitIndex / 8);
    const [byte = 0] = this.#inode(path).read(at, 1);
    this.overwrite(path, Uint8Array.of(byte ^ (1 << (bitIndex % 8))), at);
  }

  /** From now on this unit of the file cannot be read, until it is written again. */
  breakUnit(path: string, unitIndex: number): void {
    this.#inode(path).broken.add(unitIndex);
  }

  open(path: string, { mode, direct }: OpenOptions): OpenResult {
    const fault = this.#begin('open', path, () => this.#openFault(path, mode, direct));
    if (fault !== IoFault.None) return { fault };
    const { folder, node } = this.#find(path);
    assert.ok(!(node instanceof SimulatedFolder), 'openFault() lets no folder through');
    const inode = node ?? new SimulatedInode(this.options.unitSizeBytes);
    if (node === undefined) folder.put(nameOf(path), inode);
    this.#descriptors.set(inode, (this.#descriptors.get(inode) ?? 0) + 1);
    return { fault, file: new SimulatedFile({ disk: this, inode, path, mode, direct }) };
  }

  makeDirectory(path: string): IoFault {
    return this.#begin('mkdir', path, () => {
      const found = this.#lookUp(path);
      if (typeof found === 'number') return found;
      if (found.node !== undefined) return IoFault.Exists;
      if (this.isReadOnly) return IoFault.ReadOnly;
      found.folder.put(nameOf(path), new SimulatedFolder());
      return IoFault.None;
    });
  }

  rename(fromPath: string, toPath: string): IoFault {
    assert.equal(parentPath(fromPath), parentPath(toPath), 'rename into another directory');
    return this.#begin('rename', fromPath, () => {
      const found = this.#lookUp(fromPath);
      if (typeof found === 'number') return found;
      if (found.node === undefined) return IoFault.NotFound;
      if (this.isReadOnly) return IoFault.ReadOnly;
      const gone = found.folder.names.get(nameOf(toPath));
      if (gone === found.node) return IoFault.None;
      if (gone instanceof SimulatedInode) this.#unname(gone);
      found.folder.put(nameOf(toPath), found.node);
      return IoFault.None;
    });
  }

  unlink(path: string): IoFault {
    return this.#begin('unlink', path, () => {
      const found = this.#lookUp(path);
      if (typeof found === 'number') return found;
      if (found.node === undefined) return IoFault.NotFound;
      if (this.isReadOnly) return IoFault.ReadOnly;
      if (found.node instanceof SimulatedFolder) return IoFault.NotAFile;
      this.#unname(found.node);
      found.folder.remove(nameOf(path));
      return IoFault.None;
    });
  }

  fsyncDirectory(path: string): IoFault {
    return this.#begin('fsyncdir', path, () => {
      const folder = this.#folder(path);
      if (typeof folder === 'number') return folder;
      folder.sync();
      return IoFault.None;
    });
  }

  list(path: string): ListResult {
    const fault = this.#begin('list', path, () => {
      const folder = this.#folder(path);
      return typeof folder === 'number' ? folder : IoFault.None;
    });
    if (fault !== IoFault.None) return { fault };
    const folder = this.#folder(path);
    assert.ok(typeof folder !== 'number');
    const names = [...folder.names].map(([name, node]) =>
      node instanceof SimulatedInode
        ? { name, type: FileType.File, sizeBytes: node.sizeBytes }
        : { name, type: FileType.Directory, sizeBytes: 4096 },
    );
    return { fault, names: names.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  }

  visit(path: string, visit: (file: ListedName) => void): IoFault {
    const listed = this.list(path);
    // The order of a real folder is that of its hashes.
    if (listed.fault === IoFault.None) for (const file of listed.names.toReversed()) visit(file);
    return listed.fault;
  }

  statfs(): StatfsResult {
    const fault = this.#begin('statfs', '', () => IoFault.None);
    if (fault !== IoFault.None) return { fault };
    const { type, capacityBytes } = this.options;
    const availableBytes = Math.max(capacityBytes - this.usedBytes, 0);
    return { fault, status: { type, availableBytes, sizeBytes: capacityBytes } };
  }

  /** For SimulatedFile: a misdirected write goes to this file. */
  misdirect(path: string, bytes: Uint8Array, positionBytes: number): void {
    this.#inode(path).write(bytes, positionBytes);
  }

  /** For SimulatedFile: the last descriptor of a file without a name is gone. */
  released(inode: SimulatedInode): void {
    const count = (this.#descriptors.get(inode) ?? 1) - 1;
    this.#descriptors.set(inode, count);
    if (count === 0) this.#unnamed.delete(inode);
  }

  #unname(inode: SimulatedInode): void {
    if ((this.#descriptors.get(inode) ?? 0) > 0) this.#unnamed.add(inode);
  }

  // Notes the call, does what the script says instead, or does the work.
  #begin(name: DiskCall['name'], path: string, work: () => IoFault): IoFault {
    assertVaultPath(path);
    const { call, injection } = this.script.begin({ name, path, positionBytes: 0, lengthBytes: 0 });
    // To lose an open or a list has no meaning: they give something back.
    if (injection?.kind === 'lost' && name !== 'open' && name !== 'list') return IoFault.None;
    call.result = injection?.kind === 'fault' ? injection.fault : work();
    return call.result;
  }

  #openFault(path: string, mode: OpenMode, direct: boolean): IoFault {
    const found = this.#lookUp(path);
    if (typeof found === 'number') return found;
    if (mode === OpenMode.Create && found.node !== undefined) return IoFault.Exists;
    if (mode !== OpenMode.Read && this.isReadOnly) return IoFault.ReadOnly;
    if (found.node instanceof SimulatedFolder) return IoFault.NotAFile;
    if (mode !== OpenMode.Create && found.node === undefined) return IoFault.NotFound;
    return direct && !this.options.takesDirect ? IoFault.Invalid : IoFault.None;
  }

  #lookUp(path: string): Found | Failure {
    const folder = this.#folder(parentPath(path));
    return typeof folder === 'number' ? folder : { folder, node: folder.names.get(nameOf(path)) };
  }

  #folder(path: string): SimulatedFolder | Failure {
    let folder = this.#root;
    for (const name of path === '' ? [] : path.split('/')) {
      const node = folder.names.get(name);
      if (node === undefined) return IoFault.NotFound;
      if (node instanceof SimulatedInode) return IoFault.NotAFile;
      folder = node;
    }
    return folder;
  }

  #find(path: string): Found {
    const found = this.#lookUp(path);
    assert.ok(typeof found !== 'number', `no folder for ${path}`);
    return found;
  }

  #inode(path: string): SimulatedInode {
    const { node } = this.#find(path);
    assert.ok(node instanceof SimulatedInode, `no file at ${path}`);
    return node;
  }
}
