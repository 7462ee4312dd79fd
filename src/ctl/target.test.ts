import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { resolveTarget, type TargetFlags } from './target.ts';
import type { Terminal } from './terminal.ts';

const root = temporaryDirectory('target');
const home = join(root.path, 'home');
const near = join(home, 'near');
const deep = join(near, 'a', 'b');

before(async () => {
  await mkdir(deep, { recursive: true });
  await writeContextFile(join(home, '.gophership'), 'far', 1);
  await writeContextFile(join(near, '.gophership'), 'near', 2);
  await writeContextFile(join(root.path, 'xdg', 'gophership'), 'user', 3);
});
after(() => root.remove());

async function writeContextFile(folder: string, name: string, port: number): Promise<void> {
  const context = `{ otlp_address: "h:${port}", ca: ca.pem, cert: c.pem, key: c.key }`;
  const text = `apiVersion: gophership/v1\ncurrent: ${name}\ncontexts: { ${name}: ${context} }\n`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'ctl.yaml'), text);
}

function resolveIn(directory: string, flags: TargetFlags = {}) {
  const environment = { XDG_CONFIG_HOME: join(root.path, 'xdg') };
  const terminal: Terminal = {
    out: () => {},
    talk: () => {},
    environment,
    directory,
    format: 'table',
  };
  return resolveTarget(flags, terminal, 'otlp');
}

async function check(directory: string, flags: TargetFlags, port: number, ca: string) {
  const target = await resolveIn(directory, flags);
  assert.deepEqual([target.port, target.ca], [port, ca]);
}

test('resolveTarget() looks upwards for a context file, and reads its paths relative to it', async () => {
  await check(near, {}, 2, join(near, '.gophership', 'ca.pem'));
  await check(deep, {}, 2, join(near, '.gophership', 'ca.pem'));
  await check(home, {}, 1, join(home, '.gophership', 'ca.pem'));
  await check(root.path, {}, 3, join(root.path, 'xdg', 'gophership', 'ca.pem'));
});

test('resolveTarget() goes on upwards for a context that the nearest file does not have', async () => {
  await check(deep, { context: 'far' }, 1, join(home, '.gophership', 'ca.pem'));
  await check(deep, { context: 'user' }, 3, join(root.path, 'xdg', 'gophership', 'ca.pem'));
});

test('resolveTarget() says where it looked for a context, and which there are', async () => {
  const message = /b\/\.gophership\/ctl\.yaml and the folders above, .*xdg\/gophership\/ctl\.yaml/;
  const hint = 'known contexts: near, far, user';
  await assert.rejects(resolveIn(deep, { context: 'none' }), { code: 'NOT_FOUND', message, hint });
});
