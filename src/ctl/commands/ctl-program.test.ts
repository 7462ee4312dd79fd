import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Command } from 'commander';
import { type CommandNode, commandTree, nodesOf } from '../completion/command-tree.ts';
import { ctlProgram } from './ctl-program.ts';

const program = ctlProgram(
  () => assert.fail('ran a command'),
  () => '1.2.3',
);
const nodes = nodesOf(commandTree(program));
const leaves = nodes.filter(({ commands }) => commands.length === 0);

/** Of docs/CTL.md, each section of which begins with the command that it is about. */
async function section({ path }: CommandNode): Promise<string> {
  const text = await readFile(new URL('../../../docs/CTL.md', import.meta.url), 'utf8');
  const heading = `### \`${path.join(' ')}`;
  const found = text.split(/^(?=#{2,3} )/m).find((part) => part.startsWith(heading));
  assert.ok(found !== undefined, `docs/CTL.md has no section ${heading}`);
  return found;
}

const everywhere = ['--output', '--help'];
const target = ['--address', '--ca', '--cert', '--key', '--context', '--timeout'];

test('docs/CTL.md has a section for every command, with each of its own flags', async () => {
  for (const node of leaves) {
    const text = await section(node);
    const isControl = target.every((name) => node.flags.some(({ long }) => long === name));
    const known = [...everywhere, ...(isControl ? target : [])];
    for (const { long } of node.flags) {
      if (known.includes(long)) continue;
      assert.ok(text.includes(`\`${long}`), `docs/CTL.md: ${node.path.join(' ')} lacks ${long}`);
    }
  }
});

test('docs/CTL.md has no section for a command that there is not', async () => {
  const text = await readFile(new URL('../../../docs/CTL.md', import.meta.url), 'utf8');
  const documented = [...text.matchAll(/^### `(gs-ctl[a-z -]*)/gm)].map(([, name = '']) =>
    name.trim(),
  );
  assert.deepEqual(documented.sort(), leaves.map(({ path }) => path.join(' ')).sort());
});

test('every command says what it does and shows an example', () => {
  for (const { path, description } of nodes) assert.notEqual(description, '', path.join(' '));
  for (const { path } of leaves) {
    const example = new RegExp(`^  ${path.join(' ')}|<\\(${path.join(' ')}`, 'm');
    const help = helpOf(path);
    assert.match(help.slice(help.indexOf('Examples:')), example);
  }
});

function helpOf(path: readonly string[]): string {
  const command = path
    .slice(1)
    .reduce<Command>(
      (above, name) => above.commands.find((child) => child.name() === name)!,
      program,
    );
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return help;
}
