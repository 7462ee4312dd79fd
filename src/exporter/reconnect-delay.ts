// How long to wait before the next connection to an address that gave us none, or one that was of
// no use.

const delayMsMin = 1_000;
const delayMsMax = 30_000;
const growth = 1.6;
const jitter = 0.2;

/**
 * `failures`: connections since the last one that brought an answer, from 1. `random` is in [0, 1).
 */
export function reconnectDelayMs(failures: number, random: number): number {
  const delayMs = Math.min(delayMsMin * growth ** (failures - 1), delayMsMax);
  return delayMs * (1 + jitter * (2 * random - 1));
}
