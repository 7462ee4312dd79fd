// What the producers of the stories send, and how much of it.

import { KiB } from '../../src/limits.ts';
import type { Load } from './swan-story.ts';

/** About 20 KiB, as SDKs and agents send it. */
const plainText = { recordCount: 50, textSizeBytes: 360 };

/** The same, and no compression makes it smaller on its way to the vault. */
const noise = { ...plainText, incompressible: true };

/** Just below 4 MiB. */
const huge = { recordCount: 255, textSizeBytes: 16 * KiB };

/** 4 MB a second in usual times; twenty times as much is more than two CPUs can do. */
export function usualLoad(connectionCount: number, inFlightMax: number): Load {
  return { connectionCount, inFlightMax, shape: plainText, perSecond: 200 };
}

export function noiseLoad(connectionCount: number, inFlightMax: number): Load {
  return { connectionCount, inFlightMax, shape: noise, perSecond: 200 };
}

/** The flood lets every connection send a message of 4 MiB at once, again and again. */
export function hugeLoad(connectionCount: number): Load {
  return { connectionCount, inFlightMax: 1, shape: huge, perSecond: 2 };
}

/** Connected, and that is all. */
export function idleLoad(connectionCount: number): Load {
  return { connectionCount, inFlightMax: 1, shape: plainText, perSecond: 0 };
}
