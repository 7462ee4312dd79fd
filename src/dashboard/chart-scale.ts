// How a chart writes its amounts, and which steps its axis may take, so that what it writes is
// round: bytes go by powers of two, and there is no half of a batch.

import { countText, sizeText } from '../ctl/quantity-text.ts';
import { byteRateText, rateText } from './amount-text.ts';

export interface ChartScale {
  text(amount: number): string;
  /** Rising. */
  readonly steps: readonly number[];
}

const powersOfTwo = Array.from({ length: 50 }, (_, power) => 2 ** power);
const decimals = Array.from({ length: 14 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
);
const integers = decimals.flat();

export const rateScale: ChartScale = { text: rateText, steps: [0.1, 0.2, 0.5, ...integers] };
export const countScale: ChartScale = { text: countText, steps: integers };
export const byteScale: ChartScale = { text: sizeText, steps: powersOfTwo };
export const byteRateScale: ChartScale = { text: byteRateText, steps: powersOfTwo };
