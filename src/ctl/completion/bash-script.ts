// The completion script for bash: finds the command in the words so far, then offers what can
// follow.

import {
  type CommandNode,
  contextNamesCommand,
  type FlagNode,
  nodesOf,
  spellingsOf,
  valueFlags,
} from './command-tree.ts';

export function bashScript(tree: CommandNode): string {
  const nodes = nodesOf(tree);
  return `# bash completion for gs-ctl; made by \`gs-ctl completion bash\`
_gs_ctl() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local path=gs-ctl word i words='' flags=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${valueFlags(tree).join('|')})
        i=$((i + 1))
        continue
        ;;
    esac
    case "$path/$word" in
      ${nodes.slice(1).map(slashed).join('|')}) path=$path/$word ;;
    esac
  done
  case "$path $prev" in
${nodes.flatMap(({ flags, path }) => flags.flatMap((flag) => valueCase(path, flag))).join('\n')}
  esac
  case $path in
${nodes.map(pathCase).join('\n')}
  esac
  [[ $cur == -* || -z $words ]] && words=$flags
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
__gs_ctl_context_names() {
  local name
  while IFS= read -r name; do
    [[ $name == "$1"* ]] && COMPREPLY+=("$name")
  done < <(${contextNamesCommand})
}
complete -F _gs_ctl gs-ctl
`;
}

function slashed({ path }: CommandNode): string {
  return path.join('/');
}

/** After a flag comes its value, and nothing else. */
function valueCase(path: readonly string[], flag: FlagNode): string[] {
  const { value } = flag;
  if (value.kind === 'none') return [];
  const patterns = spellingsOf(flag).map((spelling) => `'${path.join('/')} ${spelling}'`);
  return [`    ${patterns.join('|')}) ${offer(value)} ;;`];
}

function offer(value: FlagNode['value']): string {
  if (value.kind === 'choice') {
    return `COMPREPLY=($(compgen -W '${value.words.join(' ')}' -- "$cur")); return`;
  }
  if (value.kind === 'context') return `__gs_ctl_context_names "$cur"; return`;
  return value.kind === 'file' ? `${files}; return` : 'return';
}

const files = 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"))';

function pathCase(node: CommandNode): string {
  const { argument, commands, flags } = node;
  const words =
    argument.kind === 'choice' ? argument.words : commands.map(({ path }) => path.at(-1) ?? '');
  const spellings = flags.flatMap(spellingsOf).join(' ');
  const isFile = argument.kind === 'file';
  return [
    `    ${slashed(node)})`,
    `      words='${words.join(' ')}' flags='${spellings}'`,
    ...(isFile ? [`      [[ $cur == -* ]] || { ${files}; return; }`] : []),
    '      ;;',
  ].join('\n');
}
