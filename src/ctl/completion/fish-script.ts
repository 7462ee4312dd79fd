// The completion script for fish: a line for each command, flag and value, with the condition under
// which it is offered.

import {
  type CommandNode,
  contextNamesCommand,
  type FlagNode,
  nodesOf,
  type ValueNode,
  valueFlags,
} from './command-tree.ts';

export function fishScript(tree: CommandNode): string {
  const nodes = nodesOf(tree);
  const paths = nodes.slice(1).map(({ path }) => path.join('/'));
  return `# fish completion for gs-ctl; made by \`gs-ctl completion fish\`
function __gs_ctl_path
    set -l path gs-ctl
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $word
            case ${valueFlags(tree).join(' ')}
                set skip 1
        end
        switch $path/$word
            case ${paths.join(' ')}
                set path $path/$word
        end
    end
    echo $path
end
complete -c gs-ctl -f
${nodes.flatMap(linesOf).join('\n')}
`;
}

function linesOf(node: CommandNode): string[] {
  const begin = `complete -c gs-ctl -n 'test (__gs_ctl_path) = ${node.path.join('/')}'`;
  return [
    ...node.commands.map(
      ({ path, description }) => `${begin} -a ${path.at(-1)} -d ${quoted(description)}`,
    ),
    ...argumentLines(begin, node.argument),
    ...node.flags.map((flag) => `${begin} ${flagWords(flag)}`),
  ];
}

function argumentLines(begin: string, argument: ValueNode): string[] {
  if (argument.kind === 'choice') return [`${begin} -a '${argument.words.join(' ')}'`];
  return argument.kind === 'file' ? [`${begin} -F`] : [];
}

function flagWords({ short, long, description, value }: FlagNode): string {
  const spellings = [`-l ${long.slice(2)}`, ...(short === undefined ? [] : [`-s ${short[1]}`])];
  return [...spellings, ...valueWords(value), `-d ${quoted(description)}`].join(' ');
}

function valueWords(value: ValueNode): string[] {
  switch (value.kind) {
    case 'choice':
      return [`-xa '${value.words.join(' ')}'`];
    case 'file':
      return ['-rF'];
    case 'context':
      return [`-xa '(${contextNamesCommand})'`];
    case 'text':
      return ['-x'];
    case 'none':
      return [];
    default:
      return value satisfies never;
  }
}

/** Fish knows two escapes within single quotes. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
