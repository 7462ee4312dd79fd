// A zone page of its own, for parts that are tested without an arena.

import { ZonePage, zonePageSizeBytes } from '../../src/memory/zone-page.ts';

export function separateZonePage(shardCount = 1): ZonePage {
  const sizeBytes = zonePageSizeBytes(shardCount);
  return new ZonePage(new SharedArrayBuffer(sizeBytes), { offsetBytes: 0, sizeBytes }, shardCount);
}
