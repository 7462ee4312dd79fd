// The configuration that the doctor checks this host against: the engine's own files, read as the
// engine reads them.

import { readFileSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import { GopherShipError } from '../../errors.ts';
import { hostFacts } from '../host-facts.ts';
import type { Terminal } from '../terminal.ts';
import { type Finding, failure, fine, warning } from './finding.ts';

export interface ConfigSources {
  /** As given with --config, in order. */
  readonly config: readonly string[];
  /** `a.b=c`, as given with --set, in order. */
  readonly set: readonly string[];
}

export interface DoctorConfig {
  /** Undefined: none was named, or it is not valid. */
  readonly config: Config | undefined;
  readonly findings: readonly Finding[];
}

export function readDoctorConfig(sources: ConfigSources, terminal: Terminal): DoctorConfig {
  if (sources.config.length + sources.set.length === 0) return { config: undefined, findings: [] };
  const readFile = (path: string) => readFileSync(path, 'utf8');
  const environment = { variables: terminal.environment, readFile };
  const request = { sources: sources.config, sets: sources.set };
  try {
    const { config, warnings } = loadConfig(request, environment, hostFacts());
    return { config, findings: [configVerdict(warnings)] };
  } catch (error) {
    if (!(error instanceof GopherShipError)) throw error;
    const hint = 'docs/CONFIG.md has every key; the rest is checked without it';
    return { config: undefined, findings: [failure('configuration', error.message, hint)] };
  }
}

function configVerdict(warnings: readonly string[]): Finding {
  if (warnings.length === 0) return fine('configuration', 'valid');
  return warning('configuration', warnings.join('; '), 'docs/CONFIG.md has every key');
}
