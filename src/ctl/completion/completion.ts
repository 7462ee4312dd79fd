// `gs-ctl completion`: a script that completes commands, flags and their values in a shell, made
// from the commands themselves.

import type { Command } from 'commander';
import { CtlExit } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { bashScript } from './bash-script.ts';
import { commandTree } from './command-tree.ts';
import { fishScript } from './fish-script.ts';
import { zshScript } from './zsh-script.ts';

export type CompletionShell = 'bash' | 'zsh' | 'fish';

export async function completion(
  shell: CompletionShell,
  program: Command,
  terminal: Terminal,
): Promise<CtlExit> {
  const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
  terminal.out(scripts[shell](commandTree(program)));
  return CtlExit.Done;
}
