// The one schema of the configuration: it validates, and the JSON Schema (`gophership schema`) and
// docs/CONFIG.md are made from it. Each section has its own file.

import type { z } from 'zod';
import { control, memory, telemetry } from './schema-engine.ts';
import { exporters } from './schema-exporters.ts';
import { block } from './schema-keys.ts';
import { processors } from './schema-processors.ts';
import { receivers } from './schema-receivers.ts';
import { collectorSections, service } from './schema-service.ts';
import { replay, vault } from './schema-vault.ts';
import { zones } from './schema-zones.ts';

export const configSchema = block('GopherShip configuration', {
  receivers,
  processors: processors.prefault({}),
  exporters,
  service,
  memory: memory.prefault({}),
  zones: zones.prefault({}),
  vault: vault.optional(),
  replay: replay.prefault({}),
  control: control.prefault({}),
  telemetry: telemetry.prefault({}),
  ...collectorSections,
});

export type ParsedConfig = z.output<typeof configSchema>;
