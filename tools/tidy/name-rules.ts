// Rules about the names of files and folders: kebab-case, and no name that says nothing.

import { isGenerated, type SourceTree } from './source-tree.ts';

const namesThatSayNothing =
  /^(utils?|helpers?|common|misc|shared|managers?|index)$|-(utils?|helpers?|manager)$/;
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;

export function namesRules(tree: SourceTree): string[] {
  return [...tree.texts.keys()]
    .filter((path) => /^(src|test|tools|bench|kernel)\/.*\.tsx?$/.test(path) && !isGenerated(path))
    .flatMap((path) => {
      const parts = path.replace(/(\.fuzz)?(\.test|\.d)?\.tsx?$/, '').split('/');
      return parts.flatMap((part) => {
        if (namesThatSayNothing.test(part)) return [`${path}: the name "${part}" says nothing`];
        return kebabCase.test(part) ? [] : [`${path}: "${part}" is not kebab-case`];
      });
    });
}
