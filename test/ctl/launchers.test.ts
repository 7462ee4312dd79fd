// Scenario: the launchers are started from links, with an old `node` first on PATH, and with none.
// Guarantees: they find a Node that can run the engine or say what to install; arguments arrive
// unchanged.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin', import.meta.url));
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'gophership launch '));
  // A copy of bin/ in a tree without node_modules, and programs that only say what they are.
  await cp(bin, join(root, 'copy', 'bin'), { recursive: true });
  await fakeNode('old', 'v20.20.2');
  await fakeNode('new', 'v26.0.1');
  await fakeNode('later', 'v100.0.0');
  await fakeNode('broken', '');
});
after(() => rm(root, { recursive: true, force: true }));

async function fakeNode(name: string, version: string): Promise<void> {
  await mkdir(join(root, name));
  const path = join(root, name, 'node');
  const script = `#!/bin/sh
case $1 in --version) echo '${version}' ;; *) echo ${name}; printf '[%s]' "$@" ;; esac
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
}

interface Launch {
  readonly exitCode: number;
  readonly out: string;
  readonly talk: string;
}

function launch(
  path: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Launch> {
  return new Promise((resolve) => {
    execFile(path, args, { env: environment, cwd: '/' }, (error, out, talk) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), out, talk });
    });
  });
}

/** PATH with the standard programs, and this folder's node before whatever the system has. */
function path(name: string): { readonly PATH: string } {
  return { PATH: `${join(root, name)}:/usr/bin:/bin` };
}

test('the launchers keep variables from Node that would weaken the engine', async () => {
  for (const name of ['gophership', 'gs-ctl']) {
    const node = join(root, 'environment-node');
    await writeFile(node, '#!/bin/sh\ncase $1 in --version) echo v26.0.1 ;; *) env ;; esac\n');
    await chmod(node, 0o755);
    const { out } = await launch(join(bin, name), [], {
      PATH: '/usr/bin:/bin',
      GOPHERSHIP_NODE: node,
      NODE_OPTIONS: '--inspect',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      NODE_EXTRA_CA_CERTS: '/tmp/ca.pem',
    });
    assert.match(out, /GOPHERSHIP_NODE=/);
    assert.doesNotMatch(out, /NODE_OPTIONS|NODE_TLS|NODE_EXTRA/);
  }
});

test('gs-ctl takes a Node on PATH that is recent, and hands over arguments unchanged', async () => {
  const launcher = join(root, 'copy/bin/gs-ctl');
  const { out } = await launch(launcher, ['a b', '', '*', '$x'], path('new'));
  assert.equal(out, `new\n[${join(root, 'copy')}/src/ctl-main.ts][a b][][*][$x]`);
});

test('gophership passes its Node flags, and takes any later major version', async () => {
  const { out } = await launch(join(root, 'copy/bin/gophership'), ['dev'], path('later'));
  assert.match(out, /^later\n\[--disable-sigusr1\].*\/src\/main\.ts\]\[dev\]$/s);
});

test('launchers refuse an old Node on PATH with 69 and say what to install', async () => {
  for (const name of ['gs-ctl', 'gophership']) {
    const { exitCode, talk } = await launch(join(root, 'copy/bin', name), [], path('old'));
    assert.equal(exitCode, 69);
    assert.match(
      talk,
      /^error: NODE: no Node 26 or later: 'node' on PATH is v20\.20\.2\nhint: run "npm install"/,
    );
  }
});

test('launchers say so when the Node on PATH does not run', async () => {
  const { exitCode, talk } = await launch(join(root, 'copy/bin/gs-ctl'), [], path('broken'));
  assert.equal(exitCode, 69);
  assert.match(talk, /'node' on PATH is missing/);
});

test('GOPHERSHIP_NODE wins, and a bad one is an error with 78, not a fallback', async () => {
  const launcher = join(root, 'copy/bin/gs-ctl');
  const chosen = (name: string) => ({ ...path('new'), GOPHERSHIP_NODE: join(root, name, 'node') });
  assert.match((await launch(launcher, [], chosen('later'))).out, /^later/);
  const old = await launch(launcher, [], chosen('old'));
  assert.equal(old.exitCode, 78);
  assert.match(old.talk, /GOPHERSHIP_NODE=.*old\/node is v20\.20\.2, 26 or later is needed/);
  assert.equal((await launch(launcher, [], chosen('nothing'))).exitCode, 78);
});

test('launchers find node_modules/.bin/node above the real path, and above the link', async () => {
  // Installed as a dependency: project/node_modules/gophership, started by
  // project/node_modules/.bin/gs-ctl.
  const project = join(root, 'project');
  await mkdir(join(project, 'node_modules/.bin'), { recursive: true });
  await cp(bin, join(project, 'node_modules/gophership/bin'), { recursive: true });
  await symlink('../gophership/bin/gs-ctl', join(project, 'node_modules/.bin/gs-ctl'));
  await symlink(join(root, 'new/node'), join(project, 'node_modules/.bin/node'));
  const installed = await launch(join(project, 'node_modules/.bin/gs-ctl'), [], path('old'));
  assert.match(installed.out, /^new\n\[.*project\/node_modules\/gophership\/src\/ctl-main\.ts\]/);
  // Linked from elsewhere (npm link): the package has no Node of its own, the project has.
  await symlink(join(root, 'copy/bin/gophership'), join(project, 'node_modules/.bin/gophership'));
  const linked = await launch(join(project, 'node_modules/.bin/gophership'), [], path('old'));
  assert.match(linked.out, /^new\n/);
});

test('launchers pass over an old node_modules/.bin/node', async () => {
  const project = join(root, 'stale');
  await cp(bin, join(project, 'bin'), { recursive: true });
  await mkdir(join(project, 'node_modules/.bin'), { recursive: true });
  await symlink(join(root, 'old/node'), join(project, 'node_modules/.bin/node'));
  assert.match((await launch(join(project, 'bin/gs-ctl'), [], path('new'))).out, /^new\n/);
});
