// The nearest known word to a misspelt one: what makes `pth: unknown` into `did you mean "path"?`.

/** `, did you mean "path"?`, or the allowed words, or nothing. */
export function suggestion(word: string, known: readonly string[]): string {
  const best = nearest(word, known);
  if (best !== undefined) return `, did you mean "${best}"?`;
  if (known.length === 0 || known.length > listedMax) return '';
  return `, allowed: ${known.join(', ')}`;
}

/**
 * Undefined when nothing is within a third of the word's length, at least 1 and at most 3 edits.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const short = word.slice(0, wordLengthMax);
  const limit = Math.min(3, Math.max(1, Math.floor(short.length / 3)));
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(short, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

const listedMax = 16;
const wordLengthMax = 64;

/** Edits are insertion, deletion, replacement and the swap of two neighbours. */
export function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let distance = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      if (swapped) distance = Math.min(distance, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length] ?? 0;
}
