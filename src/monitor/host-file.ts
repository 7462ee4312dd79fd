// One file of /proc or /sys that is read again and again: it stays open, and a read is one call. A
// file that cannot be read is tried again now and then; nobody has to know why it came back.

import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { HostText } from './host-text.ts';

/** An attempt that fails costs an exception. */
const retryMs = 5_000;

export class HostFile {
  /** As the operator knows it, without the root that tests put in front. */
  readonly path: string;
  readonly #location: string;
  #descriptor = -1;
  #why = 'not read yet';
  #retryAtMs = Number.NEGATIVE_INFINITY;

  constructor(rootDirectory: string, path: string) {
    this.path = path;
    this.#location = join(rootDirectory, path);
  }

  /** Fills `text` anew; false: cannot be read now. Never throws. */
  read(nowMs: number, text: HostText): boolean {
    if (this.#descriptor === -1 && !this.#open(nowMs)) return false;
    try {
      const lengthBytes = readSync(this.#descriptor, text.bytes, 0, text.bytes.length, 0);
      text.setLength(lengthBytes);
      if (lengthBytes > 0) return true;
      this.#fail('is empty', nowMs);
    } catch (error) {
      this.#fail(whyOf(error), nowMs); // of a cgroup that was removed, for example
    }
    return false;
  }

  /** Undefined: the last read went well. */
  get whyNot(): string | undefined {
    return this.#descriptor === -1 ? this.#why : undefined;
  }

  close(): void {
    if (this.#descriptor !== -1) closeSync(this.#descriptor);
    this.#descriptor = -1;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
  }

  #open(nowMs: number): boolean {
    // A clock that went back must not put the attempt off for longer than the pace.
    if (nowMs < this.#retryAtMs && nowMs >= this.#retryAtMs - retryMs) return false;
    if (this.#retryAtMs === Number.POSITIVE_INFINITY) return false;
    try {
      this.#descriptor = openSync(this.#location, 'r');
      return true;
    } catch (error) {
      this.#fail(whyOf(error), nowMs); // other kernel, other cgroup version, hidden by a sandbox
      return false;
    }
  }

  #fail(why: string, nowMs: number): void {
    if (this.#descriptor !== -1) closeSync(this.#descriptor);
    this.#descriptor = -1;
    this.#why = why;
    this.#retryAtMs = nowMs + retryMs;
  }
}

function whyOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EACCES':
    case 'EPERM':
      return 'not allowed to read it';
    case 'ENODEV':
      return 'its cgroup is gone';
    case 'EOPNOTSUPP':
    case 'ENOTSUP':
      return 'switched off in this kernel';
    default:
      return code;
  }
}
