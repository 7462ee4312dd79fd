// `gs-ctl contexts`: the engines that there are contexts for, and which one is used when none is
// named. Asks no engine.

import { CtlExit } from './exit-code.ts';
import { type KnownContext, knownContexts, noContexts } from './target.ts';
import { columns, show, type Terminal } from './terminal.ts';

export interface ContextsFlags {
  /** A line each, and nothing where there are none: for completion. */
  readonly names?: boolean;
}

export async function contexts(flags: ContextsFlags, terminal: Terminal): Promise<CtlExit> {
  const known = await knownContexts(terminal);
  if (flags.names) {
    const names = known.map(({ name }) => name).filter((name) => isShellWord.test(name));
    terminal.out(names.map((name) => `${name}\n`).join(''));
    return CtlExit.Done;
  }
  if (known.length === 0) throw noContexts(terminal);
  const value = { kind: 'ContextList', contexts: known.map(contextValue) };
  await show(terminal, value, () =>
    columns(['CURRENT', 'CONTEXT', 'ADDRESS', 'OTLP ADDRESS', 'FILE'], known.map(contextRow)),
  );
  return CtlExit.Done;
}

/** Somebody else may have filled the folder of the file: a shell is given nothing to expand. */
const isShellWord = /^[\w@%+=:,./-]+$/;

function contextValue({ name, context, path, isCurrent }: KnownContext) {
  const { address = null, otlpAddress = null } = context;
  return { name, isCurrent, address, otlpAddress, file: path };
}

function contextRow({ name, context, path, isCurrent }: KnownContext): string[] {
  const { address = '-', otlpAddress = '-' } = context;
  return [isCurrent ? '*' : '', name, address, otlpAddress, path];
}
