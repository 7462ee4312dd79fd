// What zsh itself offers: an interactive one on a pseudo-terminal of its own (zsh/zpty), with its
// completion system, in which the Tab key writes what was found and changes nothing.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fakeTerminal } from '../../../test/support/control-fake.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ctlProgram } from '../commands/ctl-program.ts';
import { completion } from './completion.ts';

const directory = temporaryDirectory('zsh-completion');
const setUpPath = join(directory.path, 'set-up.zsh');
after(() => directory.remove());
before(async () => {
  const program = ctlProgram(
    () => assert.fail('ran a command'),
    () => '1.2.3',
  );
  const terminal = fakeTerminal();
  await completion('zsh', program, terminal);
  writeFileSync(setUpPath, setUp(terminal.shown()));
});

/** Each word that matches is a line of its own; calls that only ask what matches stay silent. */
function setUp(script: string): string {
  return `autoload -Uz compinit
compinit -u -D
${script}
gs-ctl() { print -rl prod pre staging }
compadd() {
  local -a found
  [[ " $*" == *' -'[ADO]' '* ]] || { builtin compadd -O found "$@"; print -rl -- offered:$^found }
  builtin compadd "$@"
}
offer() {
  _main_complete
  compstate[insert]= compstate[list]=
  print all-offered
}
zle -C offer complete-word offer
bindkey '^I' offer
print all-set
`;
}

function offered(line: string): string[] {
  const run = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1= PS2=; source ${setUpPath}'
zpty -r -m shell text '*all-set'
zpty -w -n shell ${JSON.stringify(line)}$'\t'
zpty -r -m shell text '*all-offered'
print -r -- "$text"
zpty -d shell`;
  const options = { encoding: 'utf8', cwd: '/', timeout: 60_000 } as const;
  const out = execFileSync('zsh', ['-f', '-c', run], options);
  const words = [...out.matchAll(/offered:(\S+)/g)].map(([, word = '']) => word);
  return [...new Set(words)].sort();
}

function check(line: string, expected: readonly string[]): void {
  assert.deepEqual(offered(line), expected, line);
}

test('zsh completes the flags that may stand before the command, and the command after them', () => {
  check('gs-ctl --context ', ['pre', 'prod', 'staging']);
  check('gs-ctl --timeout 1s --context pr', ['pre', 'prod']);
  check('gs-ctl --context prod st', ['status']);
  check('gs-ctl --c', ['--ca', '--cert', '--context']);
});

test('zsh completes flags of the command after those before it', () => {
  check('gs-ctl --context prod status --w', ['--watch']);
  check('gs-ctl -o json override set y', ['yellow']);
  check('gs-ctl status --context prod --w', ['--watch']);
});

test('zsh does not take a flag of the command for one before it', () => {
  check('gs-ctl certs init --context ', []);
  check('gs-ctl override --c', []);
  check('gs-ctl status --context pr', ['pre', 'prod']);
});
