// Finds out once, at start, where this engine runs: resource attributes under the names of the
// OpenTelemetry semantic conventions, by detector. Whatever is not there is left out.

import type { Detector, ProcessorConfig } from '../config/config.ts';
import type { Log } from '../log.ts';
import { detectContainer } from './container-detector.ts';
import { detectEnvironment } from './env-detector.ts';
import { detectKubernetes } from './k8s-detector.ts';
import type { Attributes, Surroundings } from './surroundings.ts';
import { detectSystem } from './system-detector.ts';

/** What each detector found, in its own order; empty for one that no processor names. */
export type DetectedResource = Readonly<Record<Detector, Attributes>>;

export function detectResource(
  processors: readonly ProcessorConfig[],
  surroundings: Surroundings,
  log: Log,
): DetectedResource {
  const named = new Set(
    processors.flatMap((entry) => (entry.kind === 'resourcedetection' ? entry.detectors : [])),
  );
  return {
    env: named.has('env') ? detectEnvironment(surroundings, log) : [],
    system: named.has('system') ? detectSystem(surroundings) : [],
    container: named.has('container') ? detectContainer(surroundings) : [],
    k8s: named.has('k8s') ? detectKubernetes(surroundings) : [],
  };
}
