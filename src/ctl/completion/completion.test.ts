import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fakeTerminal } from '../../../test/support/control-fake.ts';
import { ctlProgram } from '../commands/ctl-program.ts';
import { commandTree, nodesOf, valueFlags } from './command-tree.ts';
import { type CompletionShell, completion } from './completion.ts';

const program = ctlProgram(
  () => assert.fail('ran a command'),
  () => '1.2.3',
);

async function script(shell: CompletionShell): Promise<string> {
  const terminal = fakeTerminal();
  assert.equal(await completion(shell, program, terminal), 0);
  return terminal.shown();
}

/** What bash offers for the last of these words. */
async function check(line: string, offered: readonly string[], before = ''): Promise<void> {
  const words = line.split(' ');
  const run = `${before}${await script('bash')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}
_gs_ctl
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '-c', run], { encoding: 'utf8', cwd: '/' });
  assert.deepEqual(out.trimEnd().split('\n'), offered, line);
}

test('bash completes commands, below others too', async () => {
  const names = program.commands.map((command) => command.name());
  await check('gs-ctl ', names);
  await check('gs-ctl st', ['status']);
  await check('gs-ctl override ', ['set', 'clear']);
  await check('gs-ctl override set y', ['yellow']);
  await check('gs-ctl completion ', ['bash', 'zsh', 'fish']);
});

test('bash completes flags and their values', async () => {
  await check('gs-ctl status --w', ['--watch']);
  await check('gs-ctl health --w', ['']);
  await check('gs-ctl status -o ', ['table', 'json', 'yaml']);
  await check('gs-ctl certs issue --role v', ['viewer']);
  await check('gs-ctl status --ca us', ['usr']);
  await check('gs-ctl certs inspect us', ['usr']);
});

/** In the place of gs-ctl: names of contexts, and what must never be run. */
const namesOfContexts = "gs-ctl() { printf '%s\\n' prod pre staging; }\n";

test('bash completes names of contexts', async () => {
  await check('gs-ctl status --context ', ['prod', 'pre', 'staging'], namesOfContexts);
  await check('gs-ctl top --context pr', ['prod', 'pre'], namesOfContexts);
  await check('gs-ctl certs init --context ', [''], namesOfContexts);
  await check('gs-ctl status --context ', [''], 'gs-ctl() { return 64; }\n');
  // What gs-ctl prints is never run, whoever wrote the file.
  const evil = "gs-ctl() { echo '$(echo run >&2)'; }\n";
  await check('gs-ctl status --context ', ['$(echo run >&2)'], evil);
});

test('bash completes the flags that may stand before the command, and the command after them', async () => {
  await check('gs-ctl --context ', ['prod', 'pre', 'staging'], namesOfContexts);
  await check('gs-ctl --timeout 1s --context pr', ['prod', 'pre'], namesOfContexts);
  await check('gs-ctl --context prod st', ['status']);
  await check('gs-ctl --context prod status --w', ['--watch']);
  await check('gs-ctl --c', ['--ca', '--cert', '--context']);
  await check('gs-ctl --ca us', ['usr']);
  await check('gs-ctl override --c', ['']);
});

test('bash does not take the value of a flag for a command', async () => {
  await check('gs-ctl --context status ov', ['override']);
  await check('gs-ctl override set --reason clear --tt', ['--ttl']);
});

test('a flag takes a value in all commands or in none', () => {
  const withValue = new Set(valueFlags(commandTree(program)));
  for (const { path, flags } of nodesOf(commandTree(program))) {
    for (const { long, value } of flags) {
      const where = `${path.join(' ')} ${long}`;
      assert.equal(withValue.has(long), value.kind !== 'none', where);
    }
  }
});

test('the script for zsh names every command and flag, and zsh reads it', async () => {
  const text = await script('zsh');
  for (const { path, flags } of nodesOf(commandTree(program))) {
    assert.ok(text.includes(`\n_${path.join('_').replaceAll('-', '_')}() {`), path.join(' '));
    for (const { long } of flags) assert.match(text, new RegExp(`'[)*(a-z -]*${long}\\[`));
  }
  const read = spawnSync('zsh', ['-f', '-n'], { input: text, encoding: 'utf8' });
  assert.deepEqual([read.error, read.status, read.stderr], [undefined, 0, '']);
});

test('zsh completes names of contexts as they are', async () => {
  const fakes = `compdef() {}
compadd() { shift; print -rl -- "$@"; }
gs-ctl() { print -rl prod '$(x)'; }
`;
  const run = `${fakes}${await script('zsh')}\n__gs_ctl_context_names`;
  const out = execFileSync('zsh', ['-f', '-c', run], { encoding: 'utf8', cwd: '/' });
  assert.deepEqual(out.trimEnd().split('\n'), ['prod', '$(x)']);
});

test('the script for fish names every command and flag', async () => {
  const text = await script('fish');
  for (const { path, flags } of nodesOf(commandTree(program)).slice(1)) {
    assert.match(text, new RegExp(`= ${path.slice(0, -1).join('/')}' -a ${path.at(-1)} -d`));
    for (const { long } of flags) {
      assert.ok(text.includes(`= ${path.join('/')}' -l ${long.slice(2)} `), long);
    }
  }
});

test('fish completes as bash does', async () => {
  const text = await script('fish');
  const offered = (line: string, before = '') => {
    const run = `${before}${text}\ncomplete -C '${line}'`;
    const out = execFileSync('fish', ['--no-config', '-c', run], { encoding: 'utf8', cwd: '/' });
    return out
      .trimEnd()
      .split('\n')
      .map((word) => word.split('\t')[0]);
  };
  assert.deepEqual(offered('gs-ctl override '), ['clear', 'set']);
  assert.deepEqual(offered('gs-ctl override set y'), ['yellow']);
  assert.deepEqual(offered('gs-ctl --context status ov'), ['override']);
  assert.deepEqual(offered('gs-ctl certs issue --role v'), ['viewer']);
  assert.deepEqual(offered('gs-ctl status --w'), ['--watch']);
  const names = 'function gs-ctl; echo prod; echo pre; end\n';
  assert.deepEqual(offered('gs-ctl status --context ', names), ['pre', 'prod']);
  assert.deepEqual(offered('gs-ctl --context ', names), ['pre', 'prod']);
  assert.deepEqual(offered('gs-ctl --context prod st'), ['status']);
  assert.deepEqual(offered('gs-ctl --context prod status --w'), ['--watch']);
  assert.deepEqual(offered('gs-ctl --c'), ['--ca', '--cert', '--context']);
  assert.deepEqual(offered('gs-ctl override --c'), ['']);
});
