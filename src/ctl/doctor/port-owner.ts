// Which process listens on a port: its socket in /proc/net, and who has that socket open. Undefined
// where the process is somebody else's, in another container, or hidden.

import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadHostFile } from '../../monitor/host-files.ts';

export interface PortOwner {
  readonly processId: number;
  /** Its command line, in words. */
  readonly command: readonly string[];
}

export function portOwner(port: number, readFile: ReadHostFile): PortOwner | undefined {
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    listeningInodes(readFile(path) ?? '', port),
  );
  if (inodes.length === 0) return undefined;
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const processId = processIds().find((id) => openFiles(id).some((file) => sockets.has(file)));
  if (processId === undefined) return undefined;
  const command = (readFile(`/proc/${processId}/cmdline`) ?? '').split('\0').filter((word) => word);
  return { processId, command };
}

/** Lines of /proc/net/tcp (proc(5)): local address and port in hex, state 0A: it listens. */
export function listeningInodes(text: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    return local.endsWith(suffix) && state === '0A' && inode !== undefined ? [inode] : [];
  });
}

/** A node that runs our program as an engine. */
export function isEngine({ command }: PortOwner): boolean {
  const isProgram = command.some((word) => /(^|\/)(main\.(ts|js)|gophership)$/.test(word));
  return isProgram && command.some((word) => word === 'run' || word === 'dev');
}

function processIds(): number[] {
  return quietly(() => readdirSync('/proc')).flatMap((name) =>
    /^\d+$/.test(name) ? [Number(name)] : [],
  );
}

function openFiles(processId: number): string[] {
  const folder = `/proc/${processId}/fd`;
  return quietly(() => readdirSync(folder)).flatMap((name) =>
    quietly(() => [readlinkSync(join(folder, name))]),
  );
}

/** Processes and files that are gone, or that are not for us to see. */
function quietly(read: () => string[]): string[] {
  try {
    return read();
  } catch {
    return [];
  }
}
