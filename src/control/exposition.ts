// The two text forms in which Prometheus and its relatives read metrics: text 0.0.4 and OpenMetrics
// 1.0. What differs: in OpenMetrics the suffix of a counter or info is no part of the family's
// name, units are named, quotes are escaped in HELP too, and the text says where it ends.
//
//   # HELP gophership_vault_used_bytes Everything that the limit counts.
//   # TYPE gophership_vault_used_bytes gauge
//   gophership_vault_used_bytes 4096

import { assert } from '../assert.ts';
import { type TimeCounts, timeBucket } from '../memory/time-histogram.ts';
import type { MetricFamily } from './metric-family.ts';

const bucketMsMin = 1 / 4;
const bucketMsMax = 32_768;

export class Exposition {
  readonly #isOpenMetrics: boolean;
  readonly #lines: string[] = [];

  constructor(isOpenMetrics: boolean) {
    this.#isOpenMetrics = isOpenMetrics;
  }

  /** Nothing, not even the name, of a family without samples. */
  add(family: MetricFamily, samples: Iterable<MetricSample>): void {
    let isFirst = true;
    for (const { value, labelValues } of samples) {
      if (isFirst) this.#describe(family);
      isFirst = false;
      const labels = labelText(family.labels, labelValues);
      this.#lines.push(`${family.name}${labels} ${numberText(value)}`);
    }
  }

  /** Buckets that are octaves of a millisecond; what is in between is for quantiles of our own. */
  addHistogram(family: MetricFamily, times: TimeCounts): void {
    const { name } = family;
    this.#describe(family);
    for (let ms = bucketMsMin; ms <= bucketMsMax; ms *= 2) {
      const count = times.countBelow(timeBucket(ms));
      this.#lines.push(`${name}_bucket{le="${ms / 1_000}"} ${count}`);
    }
    const { count, sumMs } = times;
    this.#lines.push(`${name}_bucket{le="+Inf"} ${count}`);
    this.#lines.push(`${name}_sum ${numberText(sumMs / 1_000)}`);
    this.#lines.push(`${name}_count ${count}`);
  }

  end(): string {
    if (this.#isOpenMetrics) this.#lines.push('# EOF');
    return `${this.#lines.join('\n')}\n`;
  }

  #describe({ name, type, help }: MetricFamily): void {
    if (!this.#isOpenMetrics) {
      this.#lines.push(`# HELP ${name} ${escapedHelp(help)}`);
      this.#lines.push(`# TYPE ${name} ${type === 'info' ? 'gauge' : type}`);
      return;
    }
    const suffix = suffixOf[type];
    // A counter that must not have the suffix, because others named it so, is of no known type.
    const isSuffixed = name.endsWith(suffix);
    const base = isSuffixed ? name.slice(0, name.length - suffix.length) : name;
    const unit = units.find((word) => base.endsWith(`_${word}`));
    this.#lines.push(`# TYPE ${base} ${isSuffixed ? type : 'unknown'}`);
    if (unit !== undefined) this.#lines.push(`# UNIT ${base} ${unit}`);
    this.#lines.push(`# HELP ${base} ${escapedLabel(help)}`);
  }
}

export interface MetricSample {
  readonly value: number;
  readonly labelValues: readonly string[];
}

const suffixOf = { counter: '_total', gauge: '', info: '_info', histogram: '' } as const;

const units = ['seconds', 'bytes'] as const;

function labelText(names: readonly string[], values: readonly string[]): string {
  assert(names.length === values.length, 'not one value for each label');
  if (names.length === 0) return '';
  const pairs = names.map((name, at) => `${name}="${escapedLabel(values[at]!)}"`); // same length
  return `{${pairs.join(',')}}`;
}

/** Both forms read what JavaScript writes, but for infinities. */
function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

function escapedHelp(help: string): string {
  return help.toWellFormed().replace(/[\\\n]/g, escapeOf);
}

function escapedLabel(value: string): string {
  return value.toWellFormed().replace(/[\\\n"]/g, escapeOf);
}

function escapeOf(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}
