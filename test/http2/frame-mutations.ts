// Damage to the bytes of a client, of the kinds that find faults in the reading of frames: flipped
// bits, edited frame headers, frames that are left out, doubled, moved or taken from others.

import { clientPreface, frameHeaderSizeBytes } from '../../src/http2/frame-format.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

/** A copy of `source`, damaged once to four times. */
export function mutateFrames(
  random: SeededRandom,
  source: Uint8Array,
  donor: Uint8Array,
): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(source); // slice() of a Buffer would not copy
  for (let times = 1 + random.below(4); times > 0; times -= 1)
    bytes = mutateOnce(random, bytes, donor);
  return bytes;
}

function mutateOnce(
  random: SeededRandom,
  bytes: Uint8Array,
  donor: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const [from, to] = frameAt(random, bytes);
  switch (random.below(12)) {
    case 0:
      return edited(bytes, at, (byte) => byte ^ (1 << random.below(8)));
    case 1:
      return edited(bytes, at, () => random.pick([0x00, 0x01, 0x7f, 0x80, 0xff]));
    case 2: // length
      return edited(
        bytes,
        from + random.pick([1, 2, 2]),
        (byte) => byte + random.pick([1, -1, 64, 128]),
      );
    case 3: // type
      return edited(bytes, from + 3, () => random.below(11));
    case 4: // flags
      return edited(bytes, from + 4, (byte) => byte ^ random.pick([0x01, 0x04, 0x08, 0x20]));
    case 5: // stream
      return edited(bytes, from + 8, (byte) => byte + random.pick([1, -1, 2, -2, 100]));
    case 6: // the first bytes of a payload: pad length, priority, error code, setting
      return edited(bytes, from + frameHeaderSizeBytes + random.below(6), () => random.below(256));
    case 7:
      return bytes.slice(0, at);
    case 8:
      return joined(bytes.subarray(0, from), bytes.subarray(to));
    case 9: {
      const times = random.pick([1, 1, 1, 2, 20, 250, 1_200]);
      const one = bytes.subarray(from, to);
      if (one.length * times > insertSizeBytesMax)
        return joined(bytes.subarray(0, to), one, bytes.subarray(to));
      return joined(
        bytes.subarray(0, to),
        ...Array.from({ length: times }, () => one),
        bytes.subarray(to),
      );
    }
    case 10: {
      const [donorFrom, donorTo] = frameAt(random, donor);
      const piece = donor.subarray(donorFrom, Math.min(donorTo, donorFrom + insertSizeBytesMax));
      return joined(bytes.subarray(0, from), piece, bytes.subarray(from));
    }
    default: {
      const end = Math.min(bytes.length, at + random.below(40));
      const target = random.below(bytes.length + 1);
      return joined(bytes.subarray(0, target), bytes.subarray(at, end), bytes.subarray(target));
    }
  }
}

const insertSizeBytesMax = 80_000;

/** Where some frame stands, if what came before it is whole. */
function frameAt(random: SeededRandom, bytes: Uint8Array): [from: number, to: number] {
  let from = clientPreface.length;
  let to = from;
  for (let left = random.below(40); left >= 0; left -= 1) {
    if (to + frameHeaderSizeBytes > bytes.length) {
      if (from === to || !random.oneIn(2)) break;
      to = clientPreface.length; // around again
    }
    from = to;
    // The header is there.
    const sizeBytes = (bytes[from]! << 16) | (bytes[from + 1]! << 8) | bytes[from + 2]!;
    to = Math.min(bytes.length, from + frameHeaderSizeBytes + sizeBytes);
  }
  return [Math.min(from, bytes.length), Math.min(to, bytes.length)];
}

function edited(
  bytes: Uint8Array,
  at: number,
  edit: (byte: number) => number,
): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes);
  if (at < copy.length) copy[at] = edit(copy[at]!);
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}
