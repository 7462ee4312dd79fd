import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { openBrowser } from './open-browser.ts';

const link = 'http://127.0.0.1:4444/#abcdefghijklmnopqrstuv';

interface Desktop {
  readonly environment: Readonly<Record<string, string>>;
  readonly runtime: string;
  /** What xdg-open was given. */
  opened(): Promise<string>;
}

/** A user with a screen and a program that opens things. */
function desktopOf(context: TestContext): Desktop {
  const runtime = temporaryDirectory('runtime');
  const programs = temporaryDirectory('programs');
  context.after(() => {
    runtime.remove();
    programs.remove();
  });
  const note = join(programs.path, 'opened');
  const script = `#!/bin/sh\nprintf '%s' "$*" > "${note}.part" && /bin/mv "${note}.part" "${note}"\n`;
  writeFileSync(join(programs.path, 'xdg-open'), script, { mode: 0o700 });
  return {
    environment: { PATH: programs.path, DISPLAY: ':0', XDG_RUNTIME_DIR: runtime.path },
    runtime: runtime.path,
    async opened() {
      const watcher = watch(programs.path);
      while (!existsSync(note)) await once(watcher, 'change');
      watcher.close();
      return readFileSync(note, 'utf8');
    },
  };
}

test('openBrowser() gives the link away in a file of its user, and in no argument', async (context) => {
  const { environment, runtime, opened } = desktopOf(context);
  const browser = openBrowser(link, environment);
  const path = await opened();
  assert.ok(path.startsWith(runtime) && !path.includes('abcdef'));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
  assert.ok(readFileSync(path, 'utf8').includes(`content="0;url=${link}"`));
  browser?.forget();
  assert.deepEqual(readdirSync(runtime), []);
});

test('openBrowser() opens nothing without a screen', (context) => {
  const { environment, runtime } = desktopOf(context);
  assert.equal(openBrowser(link, { ...environment, DISPLAY: '' }), undefined);
  assert.deepEqual(readdirSync(runtime), []);
});

test('openBrowser() does without a program that opens', (context) => {
  const { environment } = desktopOf(context);
  const browser = openBrowser(link, { ...environment, PATH: '/nowhere' });
  browser?.forget();
});
