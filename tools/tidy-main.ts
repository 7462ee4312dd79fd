// `npm run tidy`: prints every problem that the rules find, one a line.

import { readSourceTree } from './tidy/source-tree.ts';
import { tidy } from './tidy.ts';

const problems = tidy(readSourceTree(new URL('..', import.meta.url).pathname));
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
