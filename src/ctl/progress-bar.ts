// How far a long command is, in one line that is written over. Nothing, where nobody watches.

import { sizeText } from './quantity-text.ts';

export class ProgressBar {
  readonly #talk: ((text: string) => void) | undefined;
  #percent = -1;

  constructor(talk: ((text: string) => void) | undefined) {
    this.#talk = talk;
  }

  at(doneBytes: number, totalBytes: number): void {
    if (this.#talk === undefined || totalBytes === 0) return;
    const percent = Math.min(Math.floor((100 * doneBytes) / totalBytes), 100);
    if (percent === this.#percent) return;
    this.#percent = percent;
    const bar = '='.repeat(Math.floor(percent / 2.5)).padEnd(40);
    this.#talk(`\r\u001b[K[${bar}] ${percent} % of ${sizeText(totalBytes)}`);
  }

  /** Leaves an empty line. */
  end(): void {
    if (this.#percent >= 0) this.#talk?.('\r\u001b[K');
  }
}
