// The second judge of the scan's fuzz test: a message that it reads without an error is one that
// every protobuf reader takes. Driven by the generated descriptors and built on the library's own
// primitives, so it shares nothing with the kernel. Slow, and recursive: for small messages.

import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

const depthMax = 100;

export function strictlyValid(schema: DescMessage, bytes: Uint8Array): boolean {
  try {
    new StrictReader(bytes).message(schema, bytes.length, 1);
    return true;
  } catch {
    return false; // The verdict is the answer; why is not asked here.
  }
}

class StrictReader {
  readonly #bytes: Uint8Array;
  readonly #reader: BinaryReader;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new BinaryReader(bytes);
  }

  message(schema: DescMessage, end: number, depth: number): void {
    must(depth <= depthMax);
    while (this.#reader.pos < end) {
      const [number, wireType] = this.#reader.tag();
      const field = schema.fields.find((candidate) => candidate.number === number);
      if (field === undefined) this.#skip(number, wireType, depthMax - depth);
      else this.#field(field, wireType, depth);
      must(this.#reader.pos <= end);
    }
  }

  #field(field: DescField, wireType: WireType, depth: number): void {
    if (field.message !== undefined) {
      must(wireType === WireType.LengthDelimited);
      const size = this.#length();
      this.message(field.message, this.#reader.pos + size, depth + 1);
      return;
    }
    switch (field.scalar) {
      case ScalarType.STRING:
      case ScalarType.BYTES: {
        must(wireType === WireType.LengthDelimited);
        const start = this.#reader.pos;
        this.#length();
        this.#reader.pos = start;
        if (field.scalar === ScalarType.STRING) this.#reader.string(true);
        else this.#reader.bytes();
        return;
      }
      case ScalarType.FIXED64:
      case ScalarType.DOUBLE:
        must(wireType === WireType.Bit64);
        this.#reader.fixed64();
        return;
      case ScalarType.FIXED32:
        must(wireType === WireType.Bit32);
        this.#reader.fixed32();
        return;
      default:
        must(wireType === WireType.Varint);
        this.#varint();
    }
  }

  #skip(number: number, wireType: WireType, groupsMax: number): void {
    switch (wireType) {
      case WireType.Varint:
        this.#varint();
        return;
      case WireType.LengthDelimited: {
        const size = this.#length();
        must(size <= this.#reader.len - this.#reader.pos);
        this.#reader.pos += size;
        return;
      }
      case WireType.StartGroup:
        must(groupsMax > 0);
        for (;;) {
          const [inner, innerType] = this.#reader.tag();
          if (innerType === WireType.EndGroup) {
            must(inner === number);
            return;
          }
          this.#skip(inner, innerType, groupsMax - 1);
        }
      default:
        this.#reader.skip(wireType, number, 0);
    }
  }

  /** A varint of at most ten bytes and 64 bits; all of its bits. */
  #varint(): bigint {
    const start = this.#reader.pos;
    this.#reader.uint64();
    let value = 0n;
    for (let at = this.#reader.pos - 1; at >= start; at--) {
      value = value * 128n + BigInt(this.#bytes[at]! & 0x7f); // inside: uint64() has been there
    }
    must(value < 2n ** 64n);
    return value;
  }

  #length(): number {
    const value = this.#varint();
    must(value < 2n ** 32n);
    return Number(value);
  }
}

function must(condition: boolean): asserts condition {
  if (!condition) throw new Error('not strictly valid');
}
