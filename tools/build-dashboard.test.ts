import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { buildDashboard, gzipSizeBytesMax } from './build-dashboard.ts';

test('buildDashboard() makes one file that loads no other, and is small', async () => {
  const directory = temporaryDirectory('page');
  try {
    const sizeBytes = await buildDashboard(directory.path);
    assert.ok(sizeBytes > 10_000 && sizeBytes <= gzipSizeBytesMax, `${sizeBytes} bytes`);
    assert.deepEqual(readdirSync(directory.path), ['index.html']);
    const html = readFileSync(join(directory.path, 'index.html'), 'utf8');
    assert.equal(html.match(/<script\b/g)?.length, 1);
    assert.equal(html.match(/<style\b/g)?.length, 1);
    assert.doesNotMatch(html, /<script[^>]*\bsrc=|<link[^>]*stylesheet|@import|<[a-z]+ style=/);
    assert.match(html, /--line-0/, 'the style is in it');
    assert.match(html, /Live views are paused in Red/, 'the script is in it');
  } finally {
    directory.remove();
  }
});
