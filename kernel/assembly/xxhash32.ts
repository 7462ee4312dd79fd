// XXH32 of a range: what LZ4 frames use for the check byte of the header and for their checksums.
// Steps and primes are those of the public specification (xxhash_spec).

const prime1: u32 = 0x9e3779b1;
const prime2: u32 = 0x85ebca77;
const prime3: u32 = 0xc2b2ae3d;
const prime4: u32 = 0x27d4eb2f;
const prime5: u32 = 0x165667b1;

export function xxh32(pos: u32, size: u32, seed: u32): u32 {
  const end = pos + size;
  let hash = seed + prime5;
  if (size >= 16) {
    let a = seed + prime1 + prime2;
    let b = seed + prime2;
    let c = seed;
    let d = seed - prime1;
    do {
      a = mix(a, load<u32>(pos));
      b = mix(b, load<u32>(pos, 4));
      c = mix(c, load<u32>(pos, 8));
      d = mix(d, load<u32>(pos, 12));
      pos += 16;
    } while (end - pos >= 16);
    hash = rotl<u32>(a, 1) + rotl<u32>(b, 7) + rotl<u32>(c, 12) + rotl<u32>(d, 18);
  }
  hash += size;
  for (; end - pos >= 4; pos += 4) {
    hash = rotl<u32>(hash + load<u32>(pos) * prime3, 17) * prime4;
  }
  for (; pos != end; ++pos) {
    hash = rotl<u32>(hash + <u32>load<u8>(pos) * prime5, 11) * prime1;
  }
  hash = (hash ^ (hash >>> 15)) * prime2;
  hash = (hash ^ (hash >>> 13)) * prime3;
  return hash ^ (hash >>> 16);
}

// @ts-ignore: AssemblyScript decorator
@inline
function mix(sum: u32, lane: u32): u32 {
  return rotl<u32>(sum + lane * prime2, 13) * prime1;
}
