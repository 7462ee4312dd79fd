// Names of one shard's file set, and which of the rotated files may stay: NAME.<shard>.jsonl is
// written, NAME.<shard>-<n>.jsonl are full, the largest n is the newest.

import { join, parse } from 'node:path';

export class RotatedFiles {
  readonly directory: string;
  /** The file that is written to. */
  readonly path: string;
  readonly #stem: string;
  readonly #extension: string;
  readonly #backupsMax: number;
  #numbers: readonly number[] = [];

  /** `path` is the configured one, without a shard. */
  constructor(path: string, shardIndex: number, backupsMax: number) {
    const { dir, name, ext } = parse(path);
    this.directory = dir === '' ? '.' : dir;
    this.#stem = `${name}.${shardIndex}`;
    this.#extension = ext;
    this.#backupsMax = backupsMax;
    this.path = join(this.directory, `${this.#stem}${ext}`);
  }

  /** Takes note of the rotated files that the directory holds. */
  found(fileNames: readonly string[]): void {
    this.#numbers = fileNames
      .filter((name) => name.startsWith(`${this.#stem}-`) && name.endsWith(this.#extension))
      .map((name) => name.slice(this.#stem.length + 1, name.length - this.#extension.length))
      .filter((digits) => /^[0-9]{1,15}$/.test(digits))
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** Where the full file goes. */
  get nextPath(): string {
    return this.#rotatedPath((this.#numbers.at(-1) ?? 0) + 1);
  }

  /** The file was renamed to `nextPath`. */
  rotated(): void {
    this.#numbers = [...this.#numbers, (this.#numbers.at(-1) ?? 0) + 1];
  }

  /** The oldest file that is one too many. */
  get surplusPath(): string | undefined {
    const [oldest] = this.#numbers;
    if (oldest === undefined || this.#numbers.length <= this.#backupsMax) return undefined;
    return this.#rotatedPath(oldest);
  }

  /** The file at `surplusPath` is gone. */
  removed(): void {
    this.#numbers = this.#numbers.slice(1);
  }

  #rotatedPath(number: number): string {
    return join(this.directory, `${this.#stem}-${number}${this.#extension}`);
  }
}
