// What is about to be changed, and how it is taken back, for whoever has to say yes to it.

import { printable } from '../tls/printable.ts';
import type { Terminal } from './terminal.ts';

export interface MutationPlan {
  readonly lines: readonly string[];
  readonly undo: string;
}

/** For people: programs get what they need with the result, and an error alone on stderr. */
export function showPlan(
  { yes }: { readonly yes?: boolean },
  terminal: Terminal,
  { lines, undo }: MutationPlan,
): void {
  if (!isPlanShown(yes, terminal)) return;
  const [first = '', ...others] = lines.map(printable);
  terminal.talk([`plan: ${first}`, ...others.map((text) => `      ${text}`), ''].join('\n'));
  terminal.talk(`undo: ${undo}\n`);
}

export function isPlanShown(yes: boolean | undefined, terminal: Terminal): boolean {
  return terminal.format === 'table' || (yes !== true && terminal.ask !== undefined);
}
