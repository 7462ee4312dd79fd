import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { dashboardFilesSizeBytesMax } from '../../limits.ts';
import { pageFile, readPageFiles } from './page-files.ts';

function folderOf(context: TestContext, files: Readonly<Record<string, string>>): URL {
  const { path, remove } = temporaryDirectory('page');
  context.after(remove);
  mkdirSync(join(path, 'folder.svg'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return pathToFileURL(`${path}/`);
}

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

test('readPageFiles() serves the files of the page by name, and no others', async (context) => {
  const directory = folderOf(context, {
    'index.html': '<p>page</p>',
    'icon.svg': '<svg/>',
    'notes.md': 'not for browsers',
    'app.js': 'not allowed by the policy',
  });
  const files = await readPageFiles(directory);
  assert.deepEqual([...files.keys()].sort(), ['/', '/icon.svg']);
  assert.equal(files.get('/icon.svg')?.contentType, 'image/svg+xml');
});

test('readPageFiles() says how to build a page that is not there', async (context) => {
  const places = [new URL('file:///nowhere/dashboard/'), folderOf(context, {})];
  for (const place of places) {
    await assert.rejects(readPageFiles(place), { code: 'NOT_FOUND', hint: /npm run build/ });
  }
});

test('pageFile() allows the scripts and styles of the page, and nothing else', () => {
  const [first, second, style] = ['let a = "<b>";\n', 'import.meta', 'p { color: red }\n'];
  const html = `<!doctype html><style>${style}</style><SCRIPT>${first}</SCRIPT><script type="module">${second}</script >`;
  const { contentPolicy = '' } = pageFile(Buffer.from(html.replace('</script >', '</script>')));
  const directives = contentPolicy.split('; ');
  assert.equal(directives[0], "default-src 'none'");
  assert.ok(directives.includes(`script-src ${hash(first)} ${hash(second)}`));
  assert.ok(directives.includes(`style-src ${hash(style)}`));
  assert.ok(directives.includes("frame-ancestors 'none'"));
  assert.doesNotMatch(contentPolicy, /unsafe|\*|https?:/);
  const { contentPolicy: bare = '' } = pageFile(Buffer.from('<p>no script</p>'));
  assert.match(bare, /script-src 'none'; style-src 'none'/);
});

test('pageFile() refuses a page that loads a script of another file', () => {
  for (const html of ['<script src="/app.js"></script>', '<script\n defer SRC =x></script>']) {
    assert.throws(() => pageFile(Buffer.from(html)), /script of another file/);
  }
});

test('readPageFiles() holds a bounded page in memory', async (context) => {
  const text = 'x'.repeat(dashboardFilesSizeBytesMax);
  const directory = folderOf(context, { 'index.html': '<p>page</p>', 'large.txt': text });
  await assert.rejects(readPageFiles(directory), /more than/);
});
