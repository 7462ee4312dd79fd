// The configuration between text and schema: values that remember where they were written, so that
// several sources can be merged and every problem still names file, line and column.

/** A config key's path from the root; numbers are list indices. */
export type Path = readonly (string | number)[];

export interface Position {
  /** File name, `env:VAR`, `yaml`, `--set`, or the name of a variable. */
  readonly source: string;
  /** 1-based; undefined where a source has no lines. */
  readonly line: number | undefined;
  readonly column: number | undefined;
}

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly position: Position;
  readonly value: string | number | bigint | boolean | null;
  /** As written, for keys whose value is text: `007` stays `007`. */
  readonly text: string;
  /** Came from a variable or a file: may be a secret, so it is never shown. */
  readonly substituted: boolean;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly position: Position;
  readonly elements: readonly LocatedNode[];
}

export interface LocatedMap {
  readonly kind: 'map';
  readonly position: Position;
  readonly entries: ReadonlyMap<string, LocatedEntry>;
}

export interface LocatedEntry {
  readonly keyPosition: Position;
  readonly node: LocatedNode;
}

export type LocatedNode = LocatedScalar | LocatedList | LocatedMap;

/**
 * Maps merge key by key; anything else, null too, is replaced by what comes later. A merged map
 * stays where it was first written: that is where a missing key is looked for.
 */
export function mergeNodes(earlier: LocatedNode, later: LocatedNode): LocatedNode {
  if (earlier.kind !== 'map' || later.kind !== 'map') return later;
  const entries = new Map(earlier.entries);
  for (const [key, entry] of later.entries) {
    const before = entries.get(key);
    const bothMaps = before?.node.kind === 'map' && entry.node.kind === 'map';
    const keyPosition = bothMaps ? before.keyPosition : entry.keyPosition;
    const node = before === undefined ? entry.node : mergeNodes(before.node, entry.node);
    entries.set(key, { keyPosition, node });
  }
  return { ...earlier, entries };
}

/** A map of one key inside another, down to `leaf`. */
export function nestedNode(keys: readonly string[], leaf: LocatedNode): LocatedNode {
  return keys.reduceRight<LocatedNode>(
    (node, key) => mapOf(leaf.position, new Map([[key, { keyPosition: leaf.position, node }]])),
    leaf,
  );
}

export function mapOf(
  position: Position,
  entries: ReadonlyMap<string, LocatedEntry> = new Map(),
): LocatedMap {
  return { kind: 'map', position, entries };
}

export function nodeAt(root: LocatedNode, path: Path): LocatedNode | undefined {
  let node: LocatedNode | undefined = root;
  for (const step of path) node = node === undefined ? undefined : childOf(node, step)?.node;
  return node;
}

/**
 * Where to point: at the key, or at the value; where the path ends early, at the last key that
 * exists.
 */
export function positionAt(root: LocatedNode, path: Path, part: 'key' | 'value'): Position {
  let position = root.position;
  let node = root;
  for (const [index, step] of path.entries()) {
    const child = childOf(node, step);
    if (child === undefined) return position;
    const last = index === path.length - 1;
    position = last && part === 'value' ? child.node.position : child.keyPosition;
    node = child.node;
  }
  return position;
}

function childOf(node: LocatedNode, step: string | number): LocatedEntry | undefined {
  if (node.kind === 'map') return node.entries.get(String(step));
  if (node.kind !== 'list' || typeof step !== 'number') return undefined;
  const element = node.elements[step];
  return element === undefined ? undefined : { keyPosition: element.position, node: element };
}
