// The completion script for zsh: one function a command, over _arguments.

import {
  type CommandNode,
  contextNamesCommand,
  type FlagNode,
  nodesOf,
  spellingsOf,
  type ValueNode,
} from './command-tree.ts';

export function zshScript(tree: CommandNode): string {
  return [
    '#compdef gs-ctl',
    '# zsh completion for gs-ctl; made by `gs-ctl completion zsh`',
    '__gs_ctl_context_names() {',
    `  compadd -- \${(f)"$(${contextNamesCommand})"}`,
    '}',
    ...nodesOf(tree).map(functionOf),
    // In a file of fpath it is called; sourced, it is registered.
    'if [ "$funcstack[1]" = "_gs-ctl" ]; then',
    '  _gs_ctl "$@"',
    'else',
    '  compdef _gs_ctl gs-ctl',
    'fi',
    '',
  ].join('\n');
}

function functionOf(node: CommandNode): string {
  const specs = node.flags.map(flagSpec);
  if (node.commands.length > 0) return groupFunction(node, specs);
  const argument = node.argument.kind === 'none' ? [] : [`'*:: :${action(node.argument)}'`];
  return `${nameOf(node)}() {\n  _arguments -s ${[...specs, ...argument].join(continued)}\n}`;
}

function groupFunction(node: CommandNode, specs: readonly string[]): string {
  const described = node.commands.map(
    ({ path, description }) =>
      `    ${quoted(`${path.at(-1)}:${description.replaceAll(':', '\\:')}`)}`,
  );
  const cases = node.commands.map((child) => `        ${child.path.at(-1)}) ${nameOf(child)} ;;`);
  return `${nameOf(node)}() {
  local state line
  local -a commands=(
${described.join('\n')}
  )
  _arguments -s -C ${[...specs, ...commandAndRest].join(continued)}
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${cases.join('\n')}
      esac
      ;;
  esac
}`;
}

/** With no flag of this level from the command on: it may have one of that name for itself. */
const commandAndRest = ["'(-)1: :->command'", "'(-)*:: :->rest'"];

const continued = ' \\\n    ';

function nameOf({ path }: CommandNode): string {
  return `_${path.join('_').replaceAll('-', '_')}`;
}

function flagSpec(flag: FlagNode): string {
  const { value } = flag;
  const text = `[${flag.description.replace(/[[\]\\:]/g, '\\$&')}]`;
  const after = value.kind === 'none' ? '' : `: :${action(value)}`;
  const spellings = spellingsOf(flag);
  // Once it is there, neither of its spellings is offered again.
  const only = flag.isRepeatable ? '*' : `(${spellings.join(' ')})`;
  return spellings.map((spelling) => quoted(`${only}${spelling}${text}${after}`)).join(continued);
}

function action(value: ValueNode): string {
  switch (value.kind) {
    case 'choice':
      return `(${value.words.join(' ')})`;
    case 'file':
      return '_files';
    case 'context':
      return '__gs_ctl_context_names';
    case 'none':
    case 'text':
      return '';
    default:
      return value satisfies never;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
