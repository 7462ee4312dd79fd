// Reads the configuration in a process of its own. The YAML reader and the schema take 8 MiB that
// no process gives back once it has loaded them, and reading again under load (SIGHUP) must not
// take them from the memory limit. On a second CPU it also costs no time: the engine loads
// meanwhile.

import { fork } from 'node:child_process';
import { GopherShipError } from '../errors.ts';
import type { ConfigAnswer, ConfigQuestion } from './config-question.ts';
import type { ConfigFlags, EffectiveConfig } from './effective-config.ts';

/** Rejects with GopherShipError, the code of all problems of all sources. */
export async function readConfigApart(
  flags: ConfigFlags,
  variables: ConfigQuestion['variables'],
): Promise<EffectiveConfig> {
  const answer = await ask({ flags, variables });
  if (answer === undefined) {
    // Where there can be no second process, the memory is the lesser evil.
    const { readEffectiveConfig } = await import('./effective-config.ts');
    return readEffectiveConfig(flags, variables);
  }
  if (answer.kind === 'refused') throw new GopherShipError(answer.code, answer.message);
  return answer.effective;
}

/** Undefined when the process ends without an answer, or does not begin. */
function ask(question: ConfigQuestion): Promise<ConfigAnswer | undefined> {
  return new Promise((resolve) => {
    const child = fork(new URL('./config-process.ts', import.meta.url), [], {
      serialization: 'advanced', // infinite numbers are values too
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('message', (answer: ConfigAnswer) => resolve(answer)); // it sends nothing else
    child.once('error', () => resolve(undefined));
    child.once('exit', () => resolve(undefined));
    child.send(question, () => {}); // a failure shows as 'error' or 'exit'
  });
}
