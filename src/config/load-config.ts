// YAML, command line and environment to one frozen Config, or to all the problems of one run.
// Nothing else makes a Config.

import { buildConfig } from './build-config.ts';
import type { Config } from './config.ts';
import { type ConfigRequest, readSources } from './config-sources.ts';
import { type ConfigSections, effectiveSections } from './effective-yaml.ts';
import type { Environment, HostFacts } from './environment.ts';
import type { LocatedMap } from './located-tree.ts';
import { warnOfKeysWithoutEffect } from './no-effect-warnings.ts';
import { withOtelDefaults } from './otel-variables.ts';
import { checkPipeline } from './pipeline-references.ts';
import { ProblemList } from './problems.ts';
import { configSchema } from './schema.ts';
import { reportIssues } from './schema-issues.ts';
import { toPlain } from './schema-walk.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** As `file:line:col: path: text`. */
  readonly warnings: readonly string[];
  /** What was read, for the log: paths, `env:VAR`, `--set key`. */
  readonly sources: readonly string[];
  /** What is in use, for people. */
  readonly sections: ConfigSections;
}

/** Throws ConfigErrors, and nothing else, when there is anything to change. */
export function loadConfig(
  request: ConfigRequest,
  environment: Environment,
  host: HostFacts,
): LoadedConfig {
  const problems = new ProblemList();
  const warnings = new ProblemList();
  const sources = readSources(request, environment, problems);
  if (sources === undefined) return problems.throwAll();

  problems.orderBySources(sources.names);
  warnings.orderBySources(sources.names);
  const root: LocatedMap = withOtelDefaults(sources.root, environment, problems, warnings);
  warnOfKeysWithoutEffect(root, configSchema, warnings);
  checkPipeline(root, problems, warnings);
  const parsed = configSchema.safeParse(toPlain(root, configSchema));
  if (!parsed.success) {
    reportIssues(root, configSchema, parsed.error.issues, problems);
    return problems.throwAll();
  }
  const config = buildConfig(parsed.data, host, {
    problem: (path, text) => problems.addAt(root, path, 'value', text),
    warn: (path, text) => warnings.addAt(root, path, 'value', text),
  });
  if (problems.count > 0) return problems.throwAll();
  return {
    config: frozen(config),
    warnings: warnings.lines(),
    sources: sources.names,
    sections: effectiveSections(root, config),
  };
}

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}
