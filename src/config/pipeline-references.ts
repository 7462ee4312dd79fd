// The logs pipeline names components; each must be defined, once, and what is defined should be
// named.

import { suggestion } from './did-you-mean.ts';
import { type LocatedMap, nodeAt, type Path } from './located-tree.ts';
import type { ProblemList } from './problems.ts';

export function checkPipeline(
  root: LocatedMap,
  problems: ProblemList,
  warnings: ProblemList,
): void {
  const pipeline = nodeAt(root, pipelinePath);
  if (pipeline?.kind !== 'map') return;
  for (const section of ['receivers', 'processors', 'exporters'] as const) {
    const defined = definedIds(root, section);
    const named = checkNames(root, section, defined, problems);
    if (named === undefined) continue;
    for (const id of defined) {
      if (named.has(id)) continue;
      warnings.addAt(root, [section, id], 'key', `not used: ${pathOf(section)} does not name it`);
    }
  }
}

const pipelinePath = ['service', 'pipelines', 'logs'];

/** Undefined when the list is missing or no list; the schema says so. */
function checkNames(
  root: LocatedMap,
  section: string,
  defined: readonly string[],
  problems: ProblemList,
): ReadonlySet<string> | undefined {
  const path: Path = [...pipelinePath, section];
  const list = nodeAt(root, path);
  if (list === undefined && section === 'processors') return new Set();
  if (list?.kind !== 'list') return undefined;
  const named = new Set<string>();
  for (const [index, element] of list.elements.entries()) {
    if (element.kind !== 'scalar') continue;
    const id = element.text;
    if (named.has(id)) problems.addAt(root, [...path, index], 'value', `"${id}" is named twice`);
    else if (!defined.includes(id)) {
      const hint = suggestion(id, defined);
      problems.addAt(
        root,
        [...path, index],
        'value',
        `"${id}" is not defined under ${section}${hint}`,
      );
    }
    named.add(id);
  }
  if (named.size === 0 && section !== 'processors') {
    problems.addAt(root, path, 'value', `must name at least one of ${section}`);
  }
  return named;
}

function definedIds(root: LocatedMap, section: string): readonly string[] {
  const node = nodeAt(root, [section]);
  return node?.kind === 'map' ? [...node.entries.keys()] : [];
}

function pathOf(section: string): string {
  return [...pipelinePath, section].join('.');
}
