// Sixty-four bits as two numbers: hashes, salts and nanoseconds are only copied and compared, and
// a BigInt for each would be garbage on the hot path. One is made with the structure that it is
// in and reused.

import { assert } from '../assert.ts';

export class U64 {
  low = 0;
  high = 0;

  set(low: number, high: number): this {
    assert(low >>> 0 === low, 'low half is not an u32');
    assert(high >>> 0 === high, 'high half is not an u32');
    this.low = low;
    this.high = high;
    return this;
  }

  copy(other: U64): this {
    this.low = other.low;
    this.high = other.high;
    return this;
  }

  /** Nanoseconds of a time in whole milliseconds since the Unix epoch, as Clock.wallMs() gives. */
  setNsOfMs(wallMs: number): this {
    assert(Number.isSafeInteger(wallMs) && wallMs >= 0, 'wall time is not a count of ms');
    assert(wallMs <= wallMsMax, 'wall time does not fit 64 bits of ns');
    // 10^6 ms at a time, in two parts that stay below 2^53.
    const upper = Math.floor(wallMs / 2 ** 16) * nsPerMs; // counts 2^16 ns
    const lower = (wallMs % 2 ** 16) * nsPerMs;
    const middle = (upper % 2 ** 16) * 2 ** 16 + lower;
    const high = Math.floor(upper / 2 ** 16) + Math.floor(middle / 2 ** 32);
    return this.set(middle % 2 ** 32, high);
  }

  /** Rounded down. */
  get msOfNs(): number {
    // high * 2^32 / 10^6 in whole ms and a remainder, so that nothing is rounded up.
    const upper = this.high * 2 ** 16;
    const upperMs = Math.floor(upper / nsPerMs);
    const rest = (upper - upperMs * nsPerMs) * 2 ** 16 + this.low;
    return upperMs * 2 ** 16 + Math.floor(rest / nsPerMs);
  }

  equals(other: U64): boolean {
    return this.low === other.low && this.high === other.high;
  }

  isLessThan(other: U64): boolean {
    return this.high < other.high || (this.high === other.high && this.low < other.low);
  }

  get isZero(): boolean {
    return this.low === 0 && this.high === 0;
  }

  read(view: DataView, offsetBytes: number): this {
    this.low = view.getUint32(offsetBytes, true);
    this.high = view.getUint32(offsetBytes + 4, true);
    return this;
  }

  write(view: DataView, offsetBytes: number): void {
    view.setUint32(offsetBytes, this.low, true);
    view.setUint32(offsetBytes + 4, this.high, true);
  }

  equalsAt(view: DataView, offsetBytes: number): boolean {
    return (
      this.low === view.getUint32(offsetBytes, true) &&
      this.high === view.getUint32(offsetBytes + 4, true)
    );
  }

  /** For messages and tools. */
  toBigInt(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  setBigInt(value: bigint): this {
    assert(value >= 0n && value < 1n << 64n, 'not 64 bits');
    return this.set(Number(value & 0xffff_ffffn), Number(value >> 32n));
  }
}

const nsPerMs = 1_000_000;
const wallMsMax = Math.floor(2 ** 64 / nsPerMs) - 1;
