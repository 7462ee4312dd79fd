// XXH32 and XXH64 once more, in plain TypeScript and as slowly as the specification reads: what the
// kernel's are compared with.

export function referenceXxh32(bytes: Uint8Array, seed = 0): number {
  const view = viewOf(bytes);
  const size = bytes.length;
  let at = 0;
  let hash = (seed + 0x165667b1) | 0;
  if (size >= 16) {
    const sums = [
      seed + 0x9e3779b1 + 0x85ebca77,
      seed + 0x85ebca77,
      seed,
      seed - 0x9e3779b1,
    ] as const;
    let lanes = sums.map((sum) => sum | 0);
    for (; at + 16 <= size; at += 16) {
      lanes = lanes.map((sum, lane) => {
        const input = Math.imul(view.getUint32(at + 4 * lane, true), 0x85ebca77);
        return Math.imul(rotated32(sum + input, 13), 0x9e3779b1);
      });
    }
    const turns = [1, 7, 12, 18];
    hash = lanes.reduce((sum, lane, n) => (sum + rotated32(lane, turns[n]!)) | 0, 0); // four lanes
  }
  hash = (hash + size) | 0;
  for (; at + 4 <= size; at += 4) {
    const input = Math.imul(view.getUint32(at, true), 0xc2b2ae3d);
    hash = Math.imul(rotated32(hash + input, 17), 0x27d4eb2f);
  }
  for (; at < size; at++) {
    const input = Math.imul(bytes[at]!, 0x165667b1); // at < size
    hash = Math.imul(rotated32(hash + input, 11), 0x9e3779b1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae3d);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export function referenceXxh64(bytes: Uint8Array, seed = 0n): bigint {
  const view = viewOf(bytes);
  const size = bytes.length;
  let at = 0;
  let hash = seed + prime5;
  if (size >= 32) {
    let lanes = [seed + prime1 + prime2, seed + prime2, seed, seed - prime1].map(wrapped);
    for (; at + 32 <= size; at += 32) {
      lanes = lanes.map((sum, lane) => round(sum, view.getBigUint64(at + 8 * lane, true)));
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = lanes.reduce((sum, lane, n) => sum + rotated64(lane, turns[n]!), 0n); // four lanes
    for (const lane of lanes) hash = wrapped((wrapped(hash) ^ round(0n, lane)) * prime1 + prime4);
  }
  hash = wrapped(hash + BigInt(size));
  for (; at + 8 <= size; at += 8) {
    const input = round(0n, view.getBigUint64(at, true));
    hash = wrapped(rotated64(hash ^ input, 27n) * prime1 + prime4);
  }
  if (at + 4 <= size) {
    const input = wrapped(BigInt(view.getUint32(at, true)) * prime1);
    hash = wrapped(rotated64(hash ^ input, 23n) * prime2 + prime3);
    at += 4;
  }
  for (; at < size; at++) {
    const input = wrapped(BigInt(bytes[at]!) * prime5); // at < size
    hash = wrapped(rotated64(hash ^ input, 11n) * prime1);
  }
  hash = wrapped((hash ^ (hash >> 33n)) * prime2);
  hash = wrapped((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}

const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;

const wrapped = (value: bigint): bigint => BigInt.asUintN(64, value);

function round(sum: bigint, lane: bigint): bigint {
  return wrapped(rotated64(wrapped(sum + lane * prime2), 31n) * prime1);
}

function rotated64(value: bigint, turns: bigint): bigint {
  return wrapped((value << turns) | (value >> (64n - turns)));
}

function rotated32(value: number, turns: number): number {
  return (value << turns) | (value >>> (32 - turns));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
