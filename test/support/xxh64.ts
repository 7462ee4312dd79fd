// XXH64 with seed 0 in plain TypeScript, after the public specification of xxHash: for tests that
// have no kernel at hand, and as a second opinion on the kernel's. Sixty-four bits are two halves,
// since a BigInt for each step would make a bit-flip test take minutes.

import type { Hash64 } from '../../src/vault/hash64.ts';
import type { U64 } from '../../src/vault/u64.ts';

export const xxh64: Hash64 = { hash64 };

// The high half of what the functions below answer; they return the low one.
let high = 0;

interface Prime {
  readonly high: number;
  readonly low: number;
}

const prime1: Prime = { high: 0x9e3779b1, low: 0x85ebca87 };
const prime2: Prime = { high: 0xc2b2ae3d, low: 0x27d4eb4f };
const prime3: Prime = { high: 0x165667b1, low: 0x9e3779f9 };
const prime4: Prime = { high: 0x85ebca77, low: 0xc2b2ae63 };
const prime5: Prime = { high: 0x27d4eb2f, low: 0x165667c5 };

const stripeSizeBytes = 32;

function hash64(bytes: Uint8Array, offsetBytes: number, lengthBytes: number, out: U64): void {
  if (offsetBytes + lengthBytes > bytes.length) throw new Error('range ends behind the bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const endBytes = offsetBytes + lengthBytes;
  let at = offsetBytes;
  let low = lengthBytes >= stripeSizeBytes ? stripes(view, at, endBytes) : add(0, 0, prime5);
  if (lengthBytes >= stripeSizeBytes) at += lengthBytes - (lengthBytes % stripeSizeBytes);
  low = add(low, high, { high: 0, low: lengthBytes >>> 0 });
  for (; at + 8 <= endBytes; at += 8) {
    const [accHigh, accLow] = [high, low];
    const laneLow = round(0, 0, view.getUint32(at, true), view.getUint32(at + 4, true));
    low = rotate(accLow ^ laneLow, accHigh ^ high, 27);
    low = add(multiply(low, high, prime1), high, prime4);
  }
  if (at + 4 <= endBytes) {
    const [accHigh, accLow] = [high, low];
    const laneLow = multiply(view.getUint32(at, true), 0, prime1);
    low = rotate(accLow ^ laneLow, accHigh ^ high, 23);
    low = add(multiply(low, high, prime2), high, prime3);
    at += 4;
  }
  for (; at < endBytes; at += 1) {
    const [accHigh, accLow] = [high, low];
    const laneLow = multiply(view.getUint8(at), 0, prime5);
    low = rotate(accLow ^ laneLow, accHigh ^ high, 11);
    low = multiply(low, high, prime1);
  }
  avalanche(low, out);
}

function stripes(view: DataView, fromBytes: number, toBytes: number): number {
  const lows = [add(prime1.low, prime1.high, prime2), prime2.low, 0, negative(prime1).low];
  const sumHigh = high;
  const highs = [sumHigh, prime2.high, 0, negative(prime1).high];
  for (let at = fromBytes; at + stripeSizeBytes <= toBytes; at += stripeSizeBytes) {
    for (let lane = 0; lane < 4; lane += 1) {
      const from = at + 8 * lane;
      const [laneLow, laneHigh] = [view.getUint32(from, true), view.getUint32(from + 4, true)];
      lows[lane] = round(lows[lane]!, highs[lane]!, laneLow, laneHigh); // four lanes
      highs[lane] = high;
    }
  }
  let low = 0;
  let sum = 0;
  for (const [lane, bits] of [1, 7, 12, 18].entries()) {
    const lane64 = { low: rotate(lows[lane]!, highs[lane]!, bits), high }; // four lanes
    low = add(low, sum, lane64);
    sum = high;
  }
  for (let lane = 0; lane < 4; lane += 1) {
    const laneLow = round(0, 0, lows[lane]!, highs[lane]!); // four lanes
    low = multiply(low ^ laneLow, sum ^ high, prime1);
    low = add(low, high, prime4);
    sum = high;
  }
  return low;
}

function round(accLow: number, accHigh: number, laneLow: number, laneHigh: number): number {
  const productLow = multiply(laneLow, laneHigh, prime2);
  const low = add(accLow, accHigh, { low: productLow, high });
  return multiply(rotate(low, high, 31), high, prime1);
}

function avalanche(low: number, out: U64): void {
  let hash = low ^ (high >>> 1); // a shift by 33 moves the high half into the low one
  hash = multiply(hash, high, prime2);
  // A shift by 29 takes the low three bits of the high half along.
  const shifted = (hash >>> 29) | (high << 3);
  hash = multiply(hash ^ shifted, high ^ (high >>> 29), prime3);
  out.set((hash ^ high) >>> 0, high >>> 0); // a shift by 32
}

function add(low: number, highHalf: number, other: Prime): number {
  const sum = (low >>> 0) + (other.low >>> 0);
  high = (highHalf + other.high + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
  return sum >>> 0;
}

function negative({ low, high: highHalf }: Prime): Prime {
  return { low: -low >>> 0, high: (~highHalf + (low === 0 ? 1 : 0)) >>> 0 };
}

function rotate(low: number, highHalf: number, bits: number): number {
  high = ((highHalf << bits) | (low >>> (32 - bits))) >>> 0;
  return ((low << bits) | (highHalf >>> (32 - bits))) >>> 0;
}

// Schoolbook multiplication in halves of 16 bits: products of those are exact.
function multiply(low: number, highHalf: number, prime: Prime): number {
  const [a0, a1] = [low & 0xffff, low >>> 16];
  const [b0, b1] = [prime.low & 0xffff, prime.low >>> 16];
  const middle = a0 * b1 + a1 * b0 + Math.floor((a0 * b0) / 2 ** 16);
  const carried = a1 * b1 + Math.floor(middle / 2 ** 16);
  const crossed = Math.imul(low, prime.high) + Math.imul(highHalf, prime.low);
  high = (carried + crossed) >>> 0;
  return Math.imul(low, prime.low) >>> 0;
}
