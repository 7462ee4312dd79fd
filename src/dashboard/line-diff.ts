// What changed between two texts, by lines: a configuration before and after it was read again.

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Beyond so many lines that differ, all of the old ones are shown as removed. */
const comparedLinesMax = 1_000;

export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  const head = commonLength(a, b);
  const tail = commonLength(a.slice(head).reverse(), b.slice(head).reverse());
  const line = (kind: DiffLine['kind']) => (text: string) => ({ kind, text });
  return [
    ...a.slice(0, head).map(line('same')),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(line('same')),
  ];
}

/** Changed lines with so many around them; null: lines are left out here. */
export function hunks(lines: readonly DiffLine[], around: number): (DiffLine | null)[] {
  const isNear = (index: number) =>
    lines
      .slice(Math.max(index - around, 0), index + around + 1)
      .some(({ kind }) => kind !== 'same');
  const kept = lines.map((line, index) => (isNear(index) ? line : null));
  return kept.filter((line, index) => line !== null || kept[index - 1] !== null);
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  const end = a.findIndex((text, index) => text !== b[index]);
  return end === -1 ? Math.min(a.length, b.length) : end;
}

/** By the longest common subsequence. */
function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  const removed = (text: string): DiffLine => ({ kind: 'removed', text });
  const added = (text: string): DiffLine => ({ kind: 'added', text });
  if (a.length > comparedLinesMax || b.length > comparedLinesMax) {
    return [...a.map(removed), ...b.map(added)];
  }
  const width = b.length + 1;
  // Of what follows on line i of a and line j of b.
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [old, fresh] = [a[i], b[j]];
    if (old !== undefined && old === fresh) {
      found.push({ kind: 'same', text: old });
      i += 1;
      j += 1;
    } else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
      found.push(removed(old));
      i += 1;
    } else {
      found.push(added(fresh ?? ''));
      j += 1;
    }
  }
  return found;
}
