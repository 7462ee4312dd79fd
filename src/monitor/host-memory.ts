// How much memory the host has, from /proc/meminfo; Node's own answer where that cannot be read.

import { totalmem } from 'node:os';
import { hostFiles } from './host-files.ts';

export function hostMemoryTotalBytes(rootDirectory = '/'): number {
  const text = hostFiles(rootDirectory)('/proc/meminfo') ?? '';
  const kib = /^MemTotal:\s+(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? totalmem() : Number(kib) * 1024;
}
