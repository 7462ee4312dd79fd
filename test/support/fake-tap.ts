// An engine's tap without an engine: a test says what comes in.

export class FakeTap {
  readonly #takers = new Set<(body: Uint8Array) => void>();

  /** Who looks at this moment. */
  get openCount(): number {
    return this.#takers.size;
  }

  open(take: (body: Uint8Array) => void): { close(): void } {
    this.#takers.add(take);
    return { close: () => this.#takers.delete(take) };
  }

  give(body: Uint8Array): void {
    for (const take of this.#takers) take(body);
  }
}
