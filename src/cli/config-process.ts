// Entry point of the process that reads the configuration for another (config-apart.ts): one
// question, one answer, and it ends.

import { GopherShipError } from '../errors.ts';
import type { ConfigAnswer, ConfigQuestion } from './config-question.ts';
import { readEffectiveConfig } from './effective-config.ts';

// The parent is config-apart.ts and sends nothing else.
process.once('message', (question: ConfigQuestion) => {
  process.send?.(answer(question), () => process.disconnect?.());
});

function answer({ flags, variables }: ConfigQuestion): ConfigAnswer {
  try {
    const { config, warnings, sections } = readEffectiveConfig(flags, variables);
    return { kind: 'read', effective: { config, warnings, sections } };
  } catch (error) {
    if (!(error instanceof GopherShipError)) throw error;
    return { kind: 'refused', code: error.code, message: error.message };
  }
}
