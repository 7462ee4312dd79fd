// A fixture tree of /proc and /sys for what reads a host: files below a temporary directory, which
// are rewritten in place, so that a reader that keeps them open sees what changes.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from './temporary-directory.ts';

/** Path, as on a host, to its text. */
export type HostFileTexts = Readonly<Record<string, string | Uint8Array>>;

export interface HostTree {
  readonly rootDirectory: string;
  write(files: HostFileTexts): void;
  /** Reading it gives nothing any more, also for who has it open. */
  empty(path: string): void;
  remove(path: string): void;
  /** Removes all of it. */
  close(): void;
}

export function withHostTree<T>(files: HostFileTexts, look: (tree: HostTree) => T): T {
  const tree = createHostTree(files);
  try {
    return look(tree);
  } finally {
    tree.close();
  }
}

export function createHostTree(files: HostFileTexts): HostTree {
  const directory = temporaryDirectory('host-tree');
  const place = (path: string) => join(directory.path, path);
  const tree: HostTree = {
    rootDirectory: directory.path,
    write(texts) {
      for (const [path, text] of Object.entries(texts)) {
        mkdirSync(dirname(place(path)), { recursive: true });
        writeFileSync(place(path), text);
      }
    },
    empty: (path) => writeFileSync(place(path), ''),
    remove: (path) => rmSync(place(path), { recursive: true }),
    close: () => directory.remove(),
  };
  tree.write(files);
  return tree;
}

/** A line of /proc/self/mountinfo. */
export function mountV2(root: string, point: string): string {
  return `30 24 0:26 ${root} ${point} rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n`;
}

export function mountV1(root: string, point: string, controllers = 'memory'): string {
  return `33 25 0:29 ${root} ${point} rw,nosuid - cgroup cgroup rw,${controllers}\n`;
}

/** A PSI file; totals in microseconds. */
export function pressureText(someTotal: number, fullTotal: number): string {
  const averages = 'avg10=99.00 avg60=99.00 avg300=99.00';
  return `some ${averages} total=${someTotal}\nfull ${averages} total=${fullTotal}\n`;
}
