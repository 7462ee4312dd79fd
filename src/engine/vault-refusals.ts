// Whose batches the vault has refused a moment ago although it takes those of others: who has its
// share of it is told so entry by entry. What comes compressed or as JSON of them must not be
// handed to the vault as it is, because nobody else could take it then.

/** So long after the last refusal. Whoever is refused still is asked again and again. */
const rememberedMs = 5_000;

/** More clients than can each have their share; a thousand that meet a full vault are forgotten. */
const producersMax = 64;

export class VaultRefusals {
  readonly #untilMs = new Map<string, number>();

  add(producer: string, nowMs: number): void {
    if (this.#untilMs.size >= producersMax) this.#untilMs.clear();
    this.#untilMs.set(producer, nowMs + rememberedMs);
  }

  has(producer: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(producer);
    if (untilMs === undefined) return false;
    if (nowMs < untilMs) return true;
    this.#untilMs.delete(producer);
    return false;
  }
}
