// How far a long command is, in one line that is written over. Nothing, where nobody watches.

import { sizeText } from './vault-cli.ts';

export class ProgressBar {
  readonly #talk: ((text: string) => void) | undefined;
  readonly #totalBytes: number;
  #percent = -1;

  constructor(talk: ((text: string) => void) | undefined, totalBytes: number) {
    this.#talk = talk;
    this.#totalBytes = totalBytes;
  }

  at(doneBytes: number): void {
    if (this.#talk === undefined || this.#totalBytes === 0) return;
    const percent = Math.min(Math.floor((100 * doneBytes) / this.#totalBytes), 100);
    if (percent === this.#percent) return;
    this.#percent = percent;
    const bar = '='.repeat(Math.floor(percent / 2.5)).padEnd(40);
    this.#talk(`\r\u001b[K[${bar}] ${percent} % of ${sizeText(this.#totalBytes)}`);
  }

  /** Leaves an empty line. */
  end(): void {
    if (this.#percent >= 0) this.#talk?.('\r\u001b[K');
  }
}
