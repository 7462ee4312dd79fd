// How long to wait before the next attempt: 1 s, 2 s, 4 s... up to 10 s, each a little different,
// so that tabs that lost the same engine do not all come at once.

const delayMsMin = 1_000;
const delayMsMax = 10_000;

/** @param random from 0 to 1 */
export function retryDelayMs(failures: number, random: number): number {
  const delayMs = Math.min(delayMsMin * 2 ** failures, delayMsMax);
  return delayMs * (0.8 + 0.2 * random);
}
