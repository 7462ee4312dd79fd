// `npm run build:dashboard`, and part of `npm run build`: the page of the dashboard as one HTML
// file with its script and its style in it. gs-ctl serves it with a policy that allows these two
// texts and no others, so the build refuses what a browser would read differently from what was
// hashed. The first argument may name another directory to build into.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const pageDirectory = join(root, 'src/dashboard');

/** Over the wire, where anybody compresses it: what a page may cost. */
export const gzipSizeBytesMax = 120_000;

const options: BuildOptions = {
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
  platform: 'browser',
  target: ['chrome110', 'firefox110', 'safari16.4'],
  charset: 'utf8',
  legalComments: 'none',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
};

/** Returns the compressed size; throws when the page is too large, or not what it should be. */
export async function buildDashboard(outDirectory: string): Promise<number> {
  const script = await bundled('page.tsx');
  const style = await bundled('page.css');
  const template = readFileSync(join(pageDirectory, 'page.html'), 'utf8');
  const html = fill(fill(template, 'page.css', style), 'page.tsx', script);
  const sizeBytes = gzipSync(html, { level: 9 }).length;
  if (sizeBytes > gzipSizeBytesMax) {
    throw new Error(`the page has ${sizeBytes} bytes compressed, ${gzipSizeBytesMax} allowed`);
  }
  mkdirSync(outDirectory, { recursive: true });
  const path = join(outDirectory, 'index.html');
  // Whoever starts meanwhile finds it whole.
  writeFileSync(`${path}.new`, html);
  renameSync(`${path}.new`, path);
  return sizeBytes;
}

async function bundled(name: string): Promise<string> {
  const { outputFiles = [] } = await build({
    ...options,
    entryPoints: [join(pageDirectory, name)],
  });
  const text = outputFiles[0]?.text.trim() ?? '';
  // Any of these ends or changes the element that the text is in.
  const odd = /<\/?(?:script|style)|<!--|[\r\0]/i.exec(text);
  if (odd !== null) throw new Error(`${name}: ${JSON.stringify(odd[0])} cannot stand within HTML`);
  return text;
}

/** In place of the comment that has the name of the source. */
function fill(template: string, name: string, text: string): string {
  const place = `/* ${name} */`;
  if (template.split(place).length !== 2) throw new Error(`page.html has no one place for ${name}`);
  // A function: what looks like a pattern of replace() in the text is none.
  return template.replace(place, () => text);
}

if (import.meta.main) {
  const sizeBytes = await buildDashboard(process.argv[2] ?? join(root, 'dist/dashboard'));
  process.stdout.write(`dashboard: ${sizeBytes} of ${gzipSizeBytesMax} bytes compressed\n`);
}
