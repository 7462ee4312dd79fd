// Reads the configuration that the command line asks for, against this host's memory and CPUs.

import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import type { ConfigSections } from '../config/effective-yaml.ts';
import type { Environment } from '../config/environment.ts';
import { loadConfig } from '../config/load-config.ts';
import { hostFacts } from '../ctl/host-facts.ts';

export interface ConfigFlags {
  /** As given with --config, in order. */
  readonly config: readonly string[];
  /** `a.b=c`, as given with --set, in order. */
  readonly set: readonly string[];
}

export interface EffectiveConfig {
  readonly config: Config;
  readonly warnings: readonly string[];
  /** The same for people: YAML by section, without secrets. */
  readonly sections: ConfigSections;
}

/** Throws ConfigErrors with every problem of all sources. */
export function readEffectiveConfig(
  flags: ConfigFlags,
  variables: Environment['variables'],
): EffectiveConfig {
  const environment = { variables, readFile: (path: string) => readFileSync(path, 'utf8') };
  return loadConfig({ sources: flags.config, sets: flags.set }, environment, hostFacts());
}
