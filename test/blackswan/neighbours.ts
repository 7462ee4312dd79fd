// Processes beside the engine that want the same host: CPU, disk or memory.

import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { MemoryBox } from '../support/memory-box.ts';
import { type RunningProcess, startProcess } from '../support/running-process.ts';

export interface Neighbours {
  /** All of them are gone. */
  end(): Promise<void>;
}

/** Each wants a CPU for itself. */
export function busyNeighbours(context: TestContext, count: number): Neighbours {
  return start(context, count, () => ['/bin/sh', '-c', 'while :; do :; done']);
}

/** Each writes in `directory` and waits for the disk, again and again. */
export function writingNeighbours(
  context: TestContext,
  count: number,
  directory: string,
): Neighbours {
  const code = `
    const { fdatasyncSync, openSync, writeSync } = require('node:fs');
    const file = openSync(process.argv[1], 'w');
    const bytes = Buffer.alloc(4 * 2 ** 20, 'x');
    for (let turn = 0; ; turn = (turn + 1) % 16) {
      writeSync(file, bytes, 0, bytes.length, turn * bytes.length);
      fdatasyncSync(file);
    }`;
  return start(context, count, (index) => [
    process.execPath,
    '-e',
    code,
    join(directory, `neighbour-${index}`),
  ]);
}

/** Has so much memory, in `box`; resolves when it has. */
export async function fillingNeighbour(
  context: TestContext,
  box: MemoryBox,
  sizeBytes: number,
): Promise<Neighbours> {
  const code = `
    const held = Buffer.alloc(Number(process.argv[1]), 1);
    console.log('full', held.length);
    setInterval(() => {}, 1_000);`;
  const command = [...box.enterCommand, process.execPath, '-e', code, `${sizeBytes}`];
  const neighbours = start(context, 1, () => command);
  await neighbours.processes[0]?.waitForLine((line) => line.startsWith('full'), 'that it is full');
  return neighbours;
}

function start(
  context: TestContext,
  count: number,
  commandOf: (index: number) => readonly string[],
): Neighbours & { readonly processes: readonly RunningProcess[] } {
  const processes = Array.from({ length: count }, (_, index) => {
    const [command = '', ...args] = commandOf(index);
    return startProcess({ name: 'neighbour', command, args, directory: '/' });
  });
  const end = async () => {
    await Promise.all(processes.map((process) => process.kill()));
  };
  context.after(end);
  return { processes, end };
}
