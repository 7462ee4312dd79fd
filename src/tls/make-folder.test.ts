import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { makeFolder } from './make-folder.ts';

const directory = temporaryDirectory('make-folder');
after(() => directory.remove());

test('makeFolder() makes what is missing and says where it began', async () => {
  const deep = join(directory.path, 'a', 'b', 'c');
  assert.equal(await makeFolder(deep, 0o700), join(directory.path, 'a'));
  assert.equal(statSync(deep).mode & 0o777, 0o700);
  assert.equal(await makeFolder(deep, 0o700), undefined);
});

test('makeFolder() gives up where the kernel refuses, instead of trying for ever', async () => {
  const refused = { code: 'ENOENT', message: /'\/proc\/nowhere'/ };
  await assert.rejects(makeFolder('/proc/nowhere/out', 0o700), refused);
});
