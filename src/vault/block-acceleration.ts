// How hard the vault tries to make blocks small. Every step writes the same format; a higher one
// gives up size for CPU time.

import { HostWord, type ZonePage } from '../memory/zone-page.ts';

/** Of LZ4: the best ratio. At 1.8 to 2.8 GB/s it is not what a group waits for. */
export const calmAcceleration = 1;

/**
 * 14 % less CPU time and 27 % more bytes for real log lines, 40 % less and no more bytes for those
 * of the load generator; the next step costs the same again in bytes for 5 % and 15 %
 * (`npm run bench:kernel`; AMD EPYC VM, 2 CPUs, Node 26.10, 2026-11-26).
 */
export const hurriedAcceleration = 4;

/** A disk that is short as well needs small blocks more. */
export function blockAcceleration(zones: ZonePage): number {
  const isHurried = zones.isSet(HostWord.CpuShort) && !zones.isSet(HostWord.IoBusy);
  return isHurried ? hurriedAcceleration : calmAcceleration;
}
