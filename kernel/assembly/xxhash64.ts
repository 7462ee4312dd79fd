// XXH64, of one range at once or of several one after the other: the hash that guards all that the
// vault writes. Steps and primes are those of the public specification (xxhash_spec). The hash is
// stored as 8 bytes, little endian, because an i64 result would be a BigInt outside.
//
// State of a hash over several ranges, 80 bytes anywhere outside of the ranges:
//    0 four sums u64 | 32 bytes that fill no stripe of 32 yet | 64 bytes so far u64 | 72 seed u64

const prime1: u64 = 0x9e3779b185ebca87;
const prime2: u64 = 0xc2b2ae3d27d4eb4f;
const prime3: u64 = 0x165667b19e3779f9;
const prime4: u64 = 0x85ebca77c2b2ae63;
const prime5: u64 = 0x27d4eb2f165667c5;

const stripeSize: u32 = 32;

export function xxh64(pos: u32, size: u32, seed: u32, result: u32): void {
  store<u64>(result, hashOf(pos, size, seed));
}

/** 1 when the 8 bytes at `expected` are the hash of the range. */
export function isXxh64(pos: u32, size: u32, seed: u32, expected: u32): i32 {
  return <i32>(load<u64>(expected) == hashOf(pos, size, seed));
}

export function xxh64Begin(state: u32, seed: u32): void {
  store<u64>(state, (<u64>seed) + prime1 + prime2);
  store<u64>(state, (<u64>seed) + prime2, 8);
  store<u64>(state, seed, 16);
  store<u64>(state, (<u64>seed) - prime1, 24);
  store<u64>(state, 0, 64);
  store<u64>(state, seed, 72);
}

export function xxh64Update(state: u32, pos: u32, size: u32): void {
  const held = <u32>load<u64>(state, 64) & (stripeSize - 1);
  store<u64>(state, load<u64>(state, 64) + (<u64>size), 64);
  const end = pos + size;
  const kept = state + 32;
  if (held + size < stripeSize) {
    memory.copy(kept + held, pos, size);
    return;
  }
  openSums(state);
  if (held != 0) {
    memory.copy(kept + held, pos, stripeSize - held);
    addStripes(kept, kept + stripeSize);
    pos += stripeSize - held;
  }
  pos = addStripes(pos, end);
  store<u64>(state, sumA);
  store<u64>(state, sumB, 8);
  store<u64>(state, sumC, 16);
  store<u64>(state, sumD, 24);
  memory.copy(kept, pos, end - pos);
}

/** The state may go on to more ranges afterwards. */
export function xxh64End(state: u32, result: u32): void {
  const total = load<u64>(state, 64);
  let hash = load<u64>(state, 72) + prime5;
  if (total >= stripeSize) {
    openSums(state);
    hash = joinedSums();
  }
  const kept = state + 32;
  store<u64>(result, finish(hash + total, kept, kept + (<u32>total & (stripeSize - 1))));
}

function hashOf(pos: u32, size: u32, seed: u32): u64 {
  const end = pos + size;
  let hash = (<u64>seed) + prime5;
  if (size >= stripeSize) {
    sumA = (<u64>seed) + prime1 + prime2;
    sumB = (<u64>seed) + prime2;
    sumC = seed;
    sumD = (<u64>seed) - prime1;
    pos = addStripes(pos, end);
    hash = joinedSums();
  }
  return finish(hash + (<u64>size), pos, end);
}

// Globals only between calls: the loop keeps the sums in registers.
let sumA: u64 = 0;
let sumB: u64 = 0;
let sumC: u64 = 0;
let sumD: u64 = 0;

function openSums(state: u32): void {
  sumA = load<u64>(state);
  sumB = load<u64>(state, 8);
  sumC = load<u64>(state, 16);
  sumD = load<u64>(state, 24);
}

/** Adds all whole stripes of [pos, end) and returns the end of the last. */
function addStripes(pos: u32, end: u32): u32 {
  let a = sumA;
  let b = sumB;
  let c = sumC;
  let d = sumD;
  for (; end - pos >= stripeSize; pos += stripeSize) {
    a = mix(a, load<u64>(pos));
    b = mix(b, load<u64>(pos, 8));
    c = mix(c, load<u64>(pos, 16));
    d = mix(d, load<u64>(pos, 24));
  }
  sumA = a;
  sumB = b;
  sumC = c;
  sumD = d;
  return pos;
}

function joinedSums(): u64 {
  let hash = rotl<u64>(sumA, 1) + rotl<u64>(sumB, 7) + rotl<u64>(sumC, 12) + rotl<u64>(sumD, 18);
  hash = (hash ^ mix(0, sumA)) * prime1 + prime4;
  hash = (hash ^ mix(0, sumB)) * prime1 + prime4;
  hash = (hash ^ mix(0, sumC)) * prime1 + prime4;
  return (hash ^ mix(0, sumD)) * prime1 + prime4;
}

/** The bytes that fill no stripe, and the last mixing. */
function finish(hash: u64, pos: u32, end: u32): u64 {
  for (; end - pos >= 8; pos += 8) {
    hash = rotl<u64>(hash ^ mix(0, load<u64>(pos)), 27) * prime1 + prime4;
  }
  if (end - pos >= 4) {
    hash = rotl<u64>(hash ^ ((<u64>load<u32>(pos)) * prime1), 23) * prime2 + prime3;
    pos += 4;
  }
  for (; pos != end; ++pos) {
    hash = rotl<u64>(hash ^ ((<u64>load<u8>(pos)) * prime5), 11) * prime1;
  }
  hash = (hash ^ (hash >>> 33)) * prime2;
  hash = (hash ^ (hash >>> 29)) * prime3;
  return hash ^ (hash >>> 32);
}

// @ts-ignore: AssemblyScript decorator
@inline
function mix(sum: u64, lane: u64): u64 {
  return rotl<u64>(sum + lane * prime2, 31) * prime1;
}
