// The zones' configuration for tests of what reads it: the defaults, and what a test changes.

import type { ZonesConfig } from '../../src/config/config.ts';
import { zonesConfig, zones as zonesSchema } from '../../src/config/schema-zones.ts';

/** @param yaml keys of the section `zones` */
export function testZones(yaml: object = {}): ZonesConfig {
  return zonesConfig(zonesSchema.parse(yaml));
}
