// One directory of the simulated disk. Changes of names are seen at once; until the directory is
// synced each of them survives a crash by itself, or does not.

import { type Choose, SimulatedInode } from './simulated-inode.ts';

export type SimulatedNode = SimulatedInode | SimulatedFolder;

/** Applied whole or not at all. A node has one name: getting one takes the other away. */
type NameChange =
  | { readonly kind: 'put'; readonly name: string; readonly node: SimulatedNode }
  | { readonly kind: 'remove'; readonly name: string };

export class SimulatedFolder {
  readonly names = new Map<string, SimulatedNode>();
  #durable = new Map<string, SimulatedNode>();
  #pending: NameChange[] = [];

  /** A new name, or a node's other name: rename() within the folder. */
  put(name: string, node: SimulatedNode): void {
    this.#change({ kind: 'put', name, node });
  }

  remove(name: string): void {
    this.#change({ kind: 'remove', name });
  }

  sync(): void {
    this.#durable = new Map(this.names);
    this.#pending = [];
  }

  /** Of this folder alone, without what is in it. */
  get isSettled(): boolean {
    return this.#pending.length === 0;
  }

  /** The folder and what is in it as they are after a crash. */
  crashed(choose: Choose): SimulatedFolder {
    const survivors = new Map(this.#durable);
    for (const change of this.#pending) if (choose(2) === 1) apply(survivors, change);
    const after = new SimulatedFolder();
    for (const [name, node] of [...survivors].sort(([a], [b]) => (a < b ? -1 : 1))) {
      after.names.set(name, node.crashed(choose));
    }
    after.sync();
    return after;
  }

  /** Every file here and below. */
  *files(): Generator<SimulatedInode> {
    for (const node of this.names.values()) {
      if (node instanceof SimulatedInode) yield node;
      else yield* node.files();
    }
  }

  #change(change: NameChange): void {
    apply(this.names, change);
    this.#pending.push(change);
  }
}

function apply(names: Map<string, SimulatedNode>, change: NameChange): void {
  if (change.kind === 'remove') {
    names.delete(change.name);
    return;
  }
  for (const [name, node] of names) if (node === change.node) names.delete(name);
  names.set(change.name, change.node);
}
