// How long something took, counted in fixed buckets by one writer, mostly in shared memory; readers
// sum, subtract and ask for quantiles. A bucket is an eighth of an octave wide, so a quantile is
// right to 12.5 %; octaves begin at powers of two of a millisecond, so that the coarser buckets of
// a scrape have round bounds.
//
//   word 0              all times together, ms
//   word 1              shorter than 1/16 ms
//   word 2 + 8 o + e    eighth e of the octave that begins at 2^(o - 4) ms
//   last word           65,536 ms and longer
//
// Cost of add(): two loads and stores of float64 and six integer operations, no branch that is
// taken both ways; bench/micro/ack-time.ts measures it.

import { assert } from '../assert.ts';

const unitsPerMs = 1_024;
const octaveFirst = 6;
const octaveEnd = 26;
const eighths = 8;
const unitsMin = 2 ** octaveFirst;
const unitsEnd = 2 ** octaveEnd;

export const timeBucketCount = 2 + eighths * (octaveEnd - octaveFirst);
export const timeHistogramWords = 1 + timeBucketCount;

/** Of a time in ms; what is none, below 0 or NaN, counts as the shortest. */
export function timeBucket(ms: number): number {
  const units = ms * unitsPerMs;
  if (!(units >= unitsMin)) return 0;
  if (units >= unitsEnd) return timeBucketCount - 1;
  const whole = units | 0; // below 2^26
  const octave = 31 - Math.clz32(whole);
  const eighth = (whole >>> (octave - 3)) & (eighths - 1);
  return 1 + (octave - octaveFirst) * eighths + eighth;
}

/** The shortest time that is in this bucket; the one after the last has no end. */
export function timeBucketBeginMs(bucket: number): number {
  assert(bucket >= 0 && bucket <= timeBucketCount, 'no such bucket');
  if (bucket === 0) return 0;
  if (bucket === timeBucketCount) return Number.POSITIVE_INFINITY;
  const at = bucket - 1;
  const octaveUnits = 2 ** (octaveFirst + Math.floor(at / eighths));
  return (octaveUnits * (1 + (at % eighths) / eighths)) / unitsPerMs;
}

/** The writer's side. */
export class TimeHistogram {
  readonly words: Float64Array;

  /** @param words timeHistogramWords of memory that nobody else writes to */
  constructor(words: Float64Array = new Float64Array(timeHistogramWords)) {
    assert(words.length === timeHistogramWords, 'not a histogram');
    this.words = words;
  }

  add(ms: number): void {
    const { words } = this;
    if (ms > 0) words[0]! += ms; // there are words
    words[1 + timeBucket(ms)]! += 1; // a bucket that there is
  }
}

/** A copy of what was counted: of several writers together, or between two looks. */
export class TimeCounts {
  readonly words = new Float64Array(timeHistogramWords);

  /** Adds what a writer has counted so far. */
  add(words: Float64Array): this {
    assert(words.length === timeHistogramWords, 'not a histogram');
    for (let word = 0; word < timeHistogramWords; word += 1) {
      this.words[word]! += words[word]!; // same length
    }
    return this;
  }

  /** Takes off what was there before. */
  subtract(before: TimeCounts): this {
    for (let word = 0; word < timeHistogramWords; word += 1) {
      this.words[word]! -= before.words[word]!; // same length
    }
    return this;
  }

  get sumMs(): number {
    return this.words[0]!; // there are words
  }

  get count(): number {
    return this.countBelow(timeBucketCount);
  }

  /** In the buckets below this one. */
  countBelow(bucket: number): number {
    let count = 0;
    for (let at = 0; at < bucket; at += 1) count += this.words[1 + at]!; // inside
    return count;
  }

  /**
   * So many in a hundred took at most this long, as if the times of a bucket lay evenly in it;
   * undefined: there was none. Of those beyond the last bound only that bound is known.
   */
  percentileMs(percent: number): number | undefined {
    const { count } = this;
    if (count <= 0) return undefined;
    const wanted = (count * percent) / 100;
    let before = 0;
    for (let bucket = 0; bucket < timeBucketCount - 1; bucket += 1) {
      const inside = this.words[1 + bucket]!; // inside
      if (inside > 0 && before + inside >= wanted) {
        const beginMs = timeBucketBeginMs(bucket);
        const endMs = timeBucketBeginMs(bucket + 1);
        return beginMs + ((endMs - beginMs) * Math.max(0, wanted - before)) / inside;
      }
      before += inside;
    }
    return timeBucketBeginMs(timeBucketCount - 1);
  }
}
