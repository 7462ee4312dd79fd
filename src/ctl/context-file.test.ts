import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  folderContextPaths,
  readContextFile,
  userContextPath,
  writeContext,
} from './context-file.ts';

let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gophership-context-'));
});
after(() => rm(directory, { recursive: true, force: true }));

const empty = {
  address: undefined,
  otlpAddress: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
};

async function checkRefused(text: string, message: RegExp): Promise<void> {
  const path = join(directory, 'bad.yaml');
  await writeFile(path, text);
  await assert.rejects(readContextFile(path), { code: 'CONTEXT', exitCode: 64, message });
}

test('readContextFile() knows nothing of a file that is not there', async () => {
  assert.equal(await readContextFile(join(directory, 'none.yaml')), undefined);
});

test('readContextFile() reads paths relative to the file', async () => {
  const path = join(directory, 'sub', 'ctl.yaml');
  await mkdir(join(directory, 'sub'));
  const line = '{ otlp_address: "localhost:4317", ca: certs/ca.pem, cert: ../x.pem, key: /k }';
  await writeFile(path, `apiVersion: gophership/v1\ncurrent: a\ncontexts:\n  a: ${line}\n`);
  const file = await readContextFile(path);
  assert.equal(file?.current, 'a');
  assert.deepEqual(file.contexts.get('a'), {
    ...empty,
    otlpAddress: 'localhost:4317',
    ca: join(directory, 'sub/certs/ca.pem'),
    cert: join(directory, 'x.pem'),
    key: '/k',
  });
});

test('readContextFile() says what is wrong with a file', async () => {
  await checkRefused('apiVersion: gophership/v2\n', /bad\.yaml: apiVersion is not gophership\/v1/);
  await checkRefused('[', /bad\.yaml: YAMLParseError/);
  await checkRefused('apiVersion: gophership/v1\ncontexts: [1]\n', /"contexts" is not a map/);
  await checkRefused('apiVersion: gophership/v1\ncontexts: { a: 1 }\n', /context "a" is not a map/);
  await checkRefused(
    'apiVersion: gophership/v1\ncontexts: { a: { ca: 1 } }\n',
    /contexts\.a\.ca is not text/,
  );
});

test('writeContext() keeps the other contexts, makes its own current, leaves no other file', async () => {
  const path = join(directory, 'new', 'gophership', 'ctl.yaml');
  await writeContext(path, 'a', { ...empty, address: 'a:1' });
  await writeContext(path, '__proto__', { ...empty, otlpAddress: 'b:2', ca: '/ca' });
  const file = await readContextFile(path);
  assert.equal(file?.current, '__proto__');
  assert.deepEqual(
    [...file.contexts],
    [
      ['a', { ...empty, address: 'a:1' }],
      ['__proto__', { ...empty, otlpAddress: 'b:2', ca: '/ca' }],
    ],
  );
  assert.deepEqual(await readdir(join(directory, 'new', 'gophership')), ['ctl.yaml']);
});

test('userContextPath() follows XDG_CONFIG_HOME, then HOME', () => {
  assert.equal(userContextPath({ XDG_CONFIG_HOME: '/x', HOME: '/h' }), '/x/gophership/ctl.yaml');
  assert.equal(
    userContextPath({ XDG_CONFIG_HOME: '', HOME: '/h' }),
    '/h/.config/gophership/ctl.yaml',
  );
});

test('folderContextPaths() goes upwards, nearest first, and ends at the root', () => {
  assert.deepEqual(folderContextPaths('/a/b'), [
    '/a/b/.gophership/ctl.yaml',
    '/a/.gophership/ctl.yaml',
    '/.gophership/ctl.yaml',
  ]);
  assert.deepEqual(folderContextPaths('/'), ['/.gophership/ctl.yaml']);
});
