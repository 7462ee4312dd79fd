// How many lines each part of the screen gets. Wishes are granted in their order for as long as
// there are lines: first a little for everything that matters, then more for what matters most.

export interface Wish<Name extends string> {
  readonly name: Name;
  /** Lines in all, with those that earlier wishes gave it. */
  readonly rows: number;
}

export function allotted<Name extends string>(
  rows: number,
  wishes: readonly Wish<Name>[],
): ReadonlyMap<Name, number> {
  const given = new Map<Name, number>();
  let left = Math.max(0, rows);
  for (const { name, rows: wanted } of wishes) {
    const had = given.get(name) ?? 0;
    const more = Math.min(left, wanted - had);
    // A first wish is for a heading and a line: one without the other is of no use.
    if (more <= 0 || (had === 0 && more < wanted)) continue;
    given.set(name, had + more);
    left -= more;
  }
  return given;
}
