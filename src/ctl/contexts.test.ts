import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fakeTerminal } from '../../test/support/control-fake.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { contexts } from './contexts.ts';
import type { OutputFormat } from './terminal.ts';

const root = temporaryDirectory('contexts');
after(() => root.remove());

const near = join(root.path, 'project', '.gophership', 'ctl.yaml');
const user = join(root.path, 'home', 'gophership', 'ctl.yaml');

async function write(path: string, current: string, names: readonly string[]): Promise<void> {
  const entries = names.map((name) => `${JSON.stringify(name)}: { address: "${name.length}:1" }`);
  await mkdir(dirname(path), { recursive: true });
  const text = `apiVersion: gophership/v1\ncurrent: ${current}\ncontexts: { ${entries.join(', ')} }\n`;
  await writeFile(path, text);
}

function terminal(format: OutputFormat = 'table', environment: Record<string, string> = {}) {
  return {
    ...fakeTerminal(format),
    directory: join(root.path, 'project', 'below'),
    environment: { XDG_CONFIG_HOME: join(root.path, 'home'), ...environment },
  };
}

test('contexts() without any says where it looked, but for completion it is just empty', async () => {
  await assert.rejects(contexts({}, terminal()), { code: 'NO_TARGET', exitCode: 64 });
  const shell = terminal();
  assert.equal(await contexts({ names: true }, shell), 0);
  assert.equal(shell.shown(), '');
});

test('contexts() lists the nearest file first, and marks the one that is used', async () => {
  await write(near, 'dev', ['dev', 'both']);
  await write(user, 'prod', ['prod', 'both', '$(touch x)', 'two words', "it's"]);
  const table = terminal();
  await contexts({}, table);
  assert.match(table.shown(), /^\* +dev +3:1 +- +.*project\/\.gophership\/ctl\.yaml$/m);
  assert.match(table.shown(), /^ +both +4:1 +- +.*project/m);
  assert.match(table.shown(), /^ +prod +4:1 +- +.*home/m);
  const json = terminal('json', { GS_CTL_CONTEXT: 'prod' });
  await contexts({}, json);
  const { kind, contexts: listed } = JSON.parse(json.shown());
  assert.equal(kind, 'ContextList');
  const current = listed.filter(({ isCurrent }: { isCurrent: boolean }) => isCurrent);
  assert.deepEqual(
    current.map(({ name }: { name: string }) => name),
    ['prod'],
  );
});

test('contexts() gives a shell no name that it would expand', async () => {
  const shell = terminal();
  await contexts({ names: true }, shell);
  assert.equal(shell.shown(), 'dev\nboth\nprod\n');
});
