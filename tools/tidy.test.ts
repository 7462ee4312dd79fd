// The project obeys its rules, and each rule sees a small tree that breaks it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSourceTree, sourceTree } from './tidy/source-tree.ts';
import { type TidyTables, tables, tidy } from './tidy.ts';

test('tidy() finds no problem in this project', () => {
  const rootPath = new URL('..', import.meta.url).pathname;
  assert.deepEqual(tidy(readSourceTree(rootPath)), []);
});

test('tidy() finds no problem in a small tree that obeys every rule', () => check({}, []));

test('tidy() reports an import that the table does not have', () => {
  check({ 'src/memory/arena.ts': "// Arena.\nimport { k } from '../kernel/kernel.ts';\nk();\n" }, [
    'src/memory/arena.ts: imports src/kernel/kernel.ts, but memory may not import kernel',
  ]);
  check({ 'src/log.ts': "// Log.\nimport type { Config } from './config/config.ts';\n" }, [
    'src/log.ts: imports src/config/config.ts, but log may not import config',
  ]);
});

test('tidy() lets every folder import the types of config.ts, and not its values', () => {
  check(
    { 'src/memory/arena.ts': "// Arena.\nimport type { Config } from '../config/config.ts';\n" },
    [],
  );
  check(
    { 'src/memory/arena.ts': "// Arena.\nimport { type A, b } from '../config/config.ts';\n" },
    ['src/memory/arena.ts: imports src/config/config.ts, but memory may not import config'],
  );
});

test('tidy() counts a worker that is started by URL as an import', () => {
  check({ 'src/memory/arena.ts': "// A.\nnew URL('../kernel/kernel.ts', import.meta.url);\n" }, [
    'src/memory/arena.ts: imports src/kernel/kernel.ts, but memory may not import kernel',
  ]);
});

test('tidy() takes no import from a comment or a string', () => {
  check(
    {
      'src/memory/arena.ts':
        "// import { k } from '../kernel/kernel.ts';\n" +
        "export const a = `import { k } from '../kernel/kernel.ts';`;\n",
    },
    [],
  );
});

test('tidy() reports a folder without a row, and a package outside its folder', () => {
  check(
    { 'src/main.ts': `${mainText}import './extra/thing.ts';\n`, 'src/extra/thing.ts': '//\n' },
    [
      'docs/ARCHITECTURE.md: code map lacks extra/',
      'src/extra/thing.ts: "extra" has no row in the import table',
      'src/main.ts: imports src/extra/thing.ts, but main may not import extra',
    ],
  );
  check({ 'src/memory/arena.ts': "// A.\nimport { z } from 'zod';\nz();\n" }, [
    'src/memory/arena.ts: package zod is not for memory',
  ]);
});

test('tidy() reports import cycles, types included', () => {
  check(
    {
      'src/memory/arena.ts': "// A.\nimport type { Slab } from './slab.ts';\n",
      'src/memory/slab.ts': "// S.\nimport { a } from './arena.ts';\na();\n",
    },
    [
      'src/memory/arena.ts: import cycle src/memory/arena.ts -> src/memory/slab.ts' +
        ' -> src/memory/arena.ts',
    ],
  );
});

test('tidy() reports an import of a file that is not there', () => {
  check({ 'src/memory/arena.ts': "// A.\nimport { s } from './slab.ts';\ns();\n" }, [
    'src/memory/arena.ts: imports src/memory/slab.ts, which does not exist',
  ]);
});

test('tidy() reports files that only their tests import', () => {
  check(
    {
      'src/memory/slab.ts': '// S.\n',
      'src/memory/slab.test.ts': "import './slab.ts';\n",
      'test/support/sink.ts': '// S.\n',
    },
    [
      'src/memory/slab.ts: nobody imports this file',
      'test/support/sink.ts: nobody imports this file',
    ],
  );
});

test('tidy() lets a listed seam wait for its importer, and asks to unlist it then', () => {
  const seams = { 'src/memory/slab.ts': 'the next part' };
  check({ 'src/memory/slab.ts': '// S.\n' }, [], { seams });
  check(
    {
      'src/memory/slab.ts': '// S.\n',
      'src/memory/arena.ts': "// A.\nimport { s } from './slab.ts';\ns();\n",
    },
    ['src/memory/slab.ts: is imported or gone, take it off the list of seams'],
    { seams },
  );
});

test('tidy() reports names that say nothing or are not kebab-case', () => {
  check({ 'tools/utils.ts': '// U.\n', 'bench/string-helpers.ts': '// H.\n' }, [
    'bench/string-helpers.ts: the name "string-helpers" says nothing',
    'tools/utils.ts: the name "utils" says nothing',
  ]);
  check({ 'tools/Tidy.ts': '// T.\n' }, ['tools/Tidy.ts: "Tidy" is not kebab-case']);
});

test('tidy() reports missing header comments, long lines and long files', () => {
  check({ 'tools/thing.ts': 'export {};\n' }, ['tools/thing.ts: does not start with a comment']);
  check({ 'tools/thing.ts': `// ${'x'.repeat(98)}\n` }, [
    'tools/thing.ts:1: 101 columns, 100 allowed',
  ]);
  check({ 'tools/thing.ts': '// T.\n'.repeat(301) }, ['tools/thing.ts: 301 lines, 300 allowed']);
});

test('tidy() lets a listed file be long, and asks to unlist a short one', () => {
  const longFiles = { 'tools/thing.ts': 'a table' };
  check({ 'tools/thing.ts': '// T.\n'.repeat(301) }, [], { longFiles });
  check(
    { 'tools/thing.ts': '// T.\n' },
    ['tools/thing.ts: is short, take it off the list of long files'],
    { longFiles },
  );
});

for (const [code, problem] of [
  ["console.log('x');", 'console: use the log, or process.stdout in a tool'],
  ['export default 1;', 'default export: name it'],
  ['export enum Zone { Green }', 'enum: use a const object'],
  ['namespace Zone {}', 'namespace: use a file'],
  ['const a: any = 1;', 'any: say what it is, or unknown'],
  ['const a = <T>(list: any[]) => list;', 'any: say what it is, or unknown'],
] as const) {
  test(`tidy() reports ${code}`, () => {
    check({ 'tools/thing.ts': `// T.\n\n${code}\n` }, [`tools/thing.ts:3: ${problem}`]);
  });
}

test('tidy() does not mistake words, strings and regular expressions for code', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the fixture holds a template literal
  const template = '`any ${a} console.`';
  const text = [
    '// any enum namespace console.log',
    "const a = 'console.log(any)';",
    `const b = /any console\\./.test(a) ? ${template} : a;`,
    'export const c = AbortSignal.any([]) && b && 4 / 2 / 1;',
  ];
  check({ 'tools/thing.ts': `${text.join('\n')}\n` }, []);
});

test('tidy() reports mutable modules, clocks and environment in shipped code only', () => {
  const text = '// T.\nlet a = 1;\na = Date.now();\nprocess.env;\n';
  check({ 'tools/thing.ts': text }, []);
  check({ 'src/memory/arena.ts': text }, [
    'src/memory/arena.ts:2: module-level mutable state',
    'src/memory/arena.ts:3: time comes in through Clock',
    'src/memory/arena.ts: reads process.env or argv, which is for the entry points',
  ]);
});

test('tidy() wants Scenario and Guarantees at the top of a process test', () => {
  check({ 'test/crash/kill.test.ts': '// Kills.\n' }, [
    'test/crash/kill.test.ts: has no "Guarantees" line in a comment',
    'test/crash/kill.test.ts: has no "Scenario" line in a comment',
  ]);
  check({ 'test/crash/kill.test.ts': '// Scenario: x.\n// Guarantees: y.\n' }, []);
});

test('tidy() reports paths of the machine it was written on, in any text', () => {
  const path = ['', 'ro'.concat('ot'), 'x'].join('/');
  check({ 'docs/notes.md': `See ${path}.\n` }, [
    `docs/notes.md: contains ${path.slice(0, -1)}, a path of the machine it was written on`,
  ]);
});

test('tidy() compares the code map with the folders of src/', () => {
  check(
    {
      'docs/ARCHITECTURE.md':
        '## Code map\n| `src/memory/` | a |\n- `kernel/` not `x/`\n- `vault/`\n## Next\n`x/`\n',
    },
    [
      'docs/ARCHITECTURE.md: code map lacks config/',
      'docs/ARCHITECTURE.md: there is no src/vault/',
    ],
  );
  check({ 'docs/ARCHITECTURE.md': '# Nothing\n' }, [
    'docs/ARCHITECTURE.md: has no section "Code map"',
  ]);
});

test('tidy() wants a paragraph in OPERATIONS.md for each error code', () => {
  check({ 'docs/OPERATIONS.md': '# Codes\n\nSee VAULT_FULL.\n' }, [
    'docs/OPERATIONS.md: has no paragraph for VAULT_FULL',
  ]);
});

test('tidy() wants each invariant to name a test that exists', () => {
  const map = '## Code map\n`memory/`\n`kernel/`\n`config/`\n## Invariants\n';
  const invariants = [
    '- **INV-1** Nothing. No test.',
    '- **INV-2** Lost. `src/lost.test.ts`',
    '- **INV-3** Found. `src/memory/arena.test.ts`, "arena() holds"',
    '- **INV-4** Renamed. `src/memory/arena.test.ts`: "arena() leaks"',
  ];
  check({ 'docs/ARCHITECTURE.md': `${map}${invariants.join('\n')}\n` }, [
    'docs/ARCHITECTURE.md: INV-1 names no test',
    'docs/ARCHITECTURE.md: INV-2: src/lost.test.ts does not exist',
    'docs/ARCHITECTURE.md: INV-4: src/memory/arena.test.ts has no test "arena() leaks"',
  ]);
});

test('tidy() follows relative links of documents', () => {
  check(
    {
      'docs/guide.md':
        '[a](../src/main.ts#L1) [b](https://example.com/x) [c](#here) [d](gone.md)\n' +
        '[e](../src/memory/)\n',
    },
    ['docs/guide.md: links to docs/gone.md, which does not exist'],
  );
});

const mainText = "// Main.\nimport './config/config.ts';\n";

// A tree without problems; each test adds or replaces files.
const tidyTree = {
  'src/main.ts': mainText,
  'src/ctl-main.ts': '// Ctl.\n',
  'src/log.ts': '// Log.\n',
  'src/errors.ts': '// E.\nexport const errorTable = {\n  VAULT_FULL: 1,\n} as const;\n',
  'src/config/config.ts': '// C.\n',
  'src/memory/arena.ts': '// A.\n',
  'src/memory/arena.test.ts': "test('arena() holds', () => {});\n",
  'src/kernel/kernel.ts': '// K.\n',
  'bench/run.ts':
    "// B.\nimport '../src/kernel/kernel.ts';\nimport '../src/memory/arena.ts';\n" +
    "import '../src/log.ts';\nimport '../src/errors.ts';\n",
  'docs/ARCHITECTURE.md': '## Code map\n`memory/`\n`kernel/`\n`config/`\n',
  'docs/OPERATIONS.md': '### VAULT_FULL\nThe vault is full.\n',
};

function check(
  files: Readonly<Record<string, string>>,
  problems: readonly string[],
  exceptions: Partial<Pick<TidyTables, 'longFiles' | 'seams'>> = {},
) {
  const tree = sourceTree(new Map(Object.entries({ ...tidyTree, ...files })));
  assert.deepEqual(
    tidy(tree, { ...tables, longFiles: {}, seams: {}, ...exceptions }),
    problems.toSorted(),
  );
}
