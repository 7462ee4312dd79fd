// The time in which entries must have been received to be sent: a TimeRange of an operator, made
// ready for comparing it with each of them.

import { U64 } from '../vault/u64.ts';
import type { TimeRange } from './replay-command.ts';

export class ReceiveTimes {
  readonly range: TimeRange;
  readonly #from: U64;
  readonly #to: U64;

  constructor(range: TimeRange) {
    this.range = range;
    this.#from = new U64().setBigInt(within(range.fromNs));
    this.#to = new U64().setBigInt(within(range.toNs));
  }

  includes(receivedNs: U64): boolean {
    return !receivedNs.isLessThan(this.#from) && receivedNs.isLessThan(this.#to);
  }
}

const nsMax = 2n ** 64n - 1n;

function within(ns: bigint): bigint {
  if (ns < 0n) return 0n;
  return ns > nsMax ? nsMax : ns;
}
