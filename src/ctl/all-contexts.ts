// `--all-contexts`: the same question to the engine of every context, several at a time. One that
// does not answer is a row like the others.

import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { asCtlError, CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { contextNames } from './target.ts';
import type { Terminal } from './terminal.ts';

export interface ContextAnswer<Answer> {
  readonly context: string;
  readonly result: { readonly answer: Answer } | { readonly error: CtlError };
}

type WithControl = typeof withControl;

/** In the order of the contexts. `connect`: what a test puts in the place of the network. */
export async function askAllContexts<Answer>(
  flags: ControlFlags,
  terminal: Terminal,
  ask: (client: ControlClient) => Promise<Answer>,
  connect: WithControl = withControl,
): Promise<ContextAnswer<Answer>[]> {
  refuseOneTarget(flags);
  const names = await contextNames(terminal);
  const answers: ContextAnswer<Answer>[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < names.length; index = next++) {
      const context = names[index]!; // below the length
      answers[index] = { context, result: await askOne(context) };
    }
  };
  await Promise.all(Array.from({ length: askedAtOnceMax }, worker));
  return answers;

  async function askOne(context: string): Promise<ContextAnswer<Answer>['result']> {
    try {
      const answer = await connect({ ...flags, context }, ofContext(context, terminal), ask);
      return { answer };
    } catch (fault) {
      const error = asCtlError(fault);
      if (error === undefined) throw fault;
      return { error };
    }
  }
}

/** What programs see in place of an answer. */
export function errorValue({ code, message, hint }: CtlError) {
  return { code, message, hint };
}

const askedAtOnceMax = 8;

/** Each context names its own; variables are for one. */
function ofContext(context: string, terminal: Terminal): Terminal {
  const { GS_CTL_ADDRESS, GS_CTL_CA, GS_CTL_CERT, GS_CTL_KEY, ...environment } =
    terminal.environment;
  return { ...terminal, environment, talk: (text) => terminal.talk(`${context}: ${text}`) };
}

function refuseOneTarget(flags: ControlFlags): void {
  for (const name of ['address', 'context'] as const) {
    if (flags[name] === undefined) continue;
    const message = `--all-contexts and --${name} exclude each other`;
    throw new CtlError('USAGE', CtlExit.Usage, message, 'leave one of them out');
  }
}
