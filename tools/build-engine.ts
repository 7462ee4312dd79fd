// `npm run build`: the engine and gs-ctl as few files of JavaScript in dist/, and the dashboard's
// page. The launchers prefer them while they are as new as the sources. A thread that runs from
// sources keeps the text and a record of each of its 80 to 230 modules: that is 13 MiB of the
// memory limit for the four of them. The first argument may name another directory to build into.

import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { buildDashboard } from './build-dashboard.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const outDirectory = process.argv[2] ?? join(root, 'dist');
const begunMs = Date.now();

/** Each is a bundle of its own: what a thread does not need is not in it. */
const entries = [
  'main.ts',
  'ctl-main.ts',
  'cli/config-process.ts',
  'cli/dashboard-process.ts',
  'engine/shard-thread.ts',
  'engine/vault-thread.ts',
  'engine/replay-thread.ts',
  'engine/vault-files-thread.ts',
];

/** What is started by its URL lies beside what starts it, whatever the folder of its source. */
const flatUrls: Plugin = {
  name: 'flat-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      // Of a package in CommonJS it would give no names (src/ctl/yaml-text.ts).
      if (/await import\('(?!node:)[^.]/.test(text))
        throw new Error(`${path}: import() of a package`);
      const contents = text.replaceAll(
        /new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g,
        "new URL('./$1.js', import.meta.url)",
      );
      return { contents, loader: 'ts' };
    });
  },
};

const options: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  // Names stay, for stacks; comments and blanks go.
  minifyWhitespace: true,
  lineLimit: 120,
  legalComments: 'none',
  // Libraries in CommonJS ask for modules of Node.
  banner: {
    js: [
      "import { createRequire as $createRequire } from 'node:module';",
      'const require = $createRequire(import.meta.url);',
    ].join(''),
  },
  plugins: [flatUrls],
  logLevel: 'warning',
};

mkdirSync(outDirectory, { recursive: true });
const building = mkdtempSync(join(outDirectory, '.building-'));
try {
  for (const entry of entries) {
    const path = join(root, 'src', entry);
    // Commands of the programs are loaded when they are run.
    const isMain = entry.endsWith('main.ts');
    await build({ ...options, entryPoints: [path], outdir: building, splitting: isMain });
  }
  await buildDashboard(join(outDirectory, 'dashboard'));
  copyFileSync(join(root, 'src/kernel/kernel.wasm'), join(building, 'kernel.wasm'));
  // An engine that starts meanwhile finds each file whole, and main.js, the newest, last. Files of
  // an earlier build stay: an engine that runs may still load from them.
  const files = readdirSync(building).sort(
    (a, b) => Number(a === 'main.js') - Number(b === 'main.js'),
  );
  for (const file of files) renameSync(join(building, file), join(outDirectory, file));
  // As old as the build's begin: a source that was changed meanwhile is newer.
  writeFileSync(join(outDirectory, 'built'), `${begunMs}\n`);
  utimesSync(join(outDirectory, 'built'), begunMs / 1000, begunMs / 1000);
} finally {
  rmSync(building, { recursive: true, force: true });
}
