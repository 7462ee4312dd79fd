// Finds the fields of one message on the wire, so that they can be read in any order afterwards. It
// settles what the wire leaves open: the last occurrence of a field wins, and a message that
// occurs twice is one message (protobuf encoding, "Last One Wins").

import { assert } from '../assert.ts';
import { tagOf, varintSizeBytes, WireReader, WireType, writeVarint } from './protobuf-wire.ts';

export const FieldKind = {
  Varint: 1,
  Fixed64: 2,
  Fixed32: 3,
  Bytes: 4,
  Message: 5,
  Repeated: 6,
} as const;
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind];

const fieldMax = 15;

/** The kinds of a message's fields, by field number; other fields are skipped. */
export class FieldShape {
  readonly #kinds = new Uint8Array(fieldMax + 1);
  readonly #types = new Uint8Array(fieldMax + 1);

  constructor(fields: readonly (readonly [field: number, kind: FieldKind])[]) {
    for (const [field, kind] of fields) {
      assert(field <= fieldMax, 'field number too large for the index');
      this.#kinds[field] = kind;
      this.#types[field] = wireTypes[kind];
    }
  }

  kind(tag: number): number {
    const field = tag >>> 3;
    // Field <= fieldMax.
    return field <= fieldMax && this.#types[field] === (tag & 7) ? this.#kinds[field]! : 0;
  }
}

export class FieldIndex {
  readonly #shape: FieldShape;
  readonly #reader = new WireReader(new Uint8Array(0));
  readonly #from = new Int32Array(fieldMax + 1);
  readonly #to = new Int32Array(fieldMax + 1);

  constructor(shape: FieldShape) {
    this.#shape = shape;
  }

  /**
   * Indexes the message in [fromBytes, toBytes) of `src` and returns the view that the index counts
   * in.
   */
  read(src: Uint8Array, fromBytes: number, toBytes: number): Uint8Array {
    if (this.#scan(src, fromBytes, toBytes)) return src;
    const merged = mergeMessages(src, fromBytes, toBytes, this.#shape);
    const once = this.#scan(merged, 0, merged.length);
    assert(once, 'merged message still has a field twice');
    return merged;
  }

  has(field: number): boolean {
    return this.#from[field]! >= 0; // field <= fieldMax
  }

  /** Start of the value; of a repeated field, start of the first tag. */
  from(field: number): number {
    return this.#from[field]!; // field <= fieldMax
  }

  /** End of the value; of a repeated field, end of the last value. */
  to(field: number): number {
    return this.#to[field]!; // field <= fieldMax
  }

  /** False when a message field occurs twice. */
  #scan(src: Uint8Array, fromBytes: number, toBytes: number): boolean {
    const reader = this.#reader;
    const from = this.#from;
    const to = this.#to;
    from.fill(-1);
    to.fill(-1);
    reader.moveTo(src, fromBytes, toBytes);
    while (!reader.atEnd) {
      const tagAt = reader.offsetBytes;
      const tag = reader.tag();
      const kind = this.#shape.kind(tag);
      const field = tag >>> 3;
      if (kind < FieldKind.Bytes) {
        const valueAt = reader.offsetBytes;
        reader.skip(tag);
        if (kind === 0) continue;
        from[field] = valueAt;
      } else {
        const lengthBytes = reader.length();
        const seen = from[field]! >= 0; // kind is not 0, so field <= fieldMax
        if (seen && kind === FieldKind.Message) return false;
        if (kind !== FieldKind.Repeated) from[field] = reader.offsetBytes;
        else if (!seen) from[field] = tagAt;
        reader.offsetBytes += lengthBytes;
      }
      to[field] = reader.offsetBytes;
    }
    return true;
  }
}

/**
 * The same message with one occurrence of each message field: merging is concatenation. No producer
 * writes such messages; this keeps what is in them when one does.
 */
export function mergeMessages(
  src: Uint8Array,
  fromBytes: number,
  toBytes: number,
  shape: FieldShape,
): Uint8Array {
  const partsByTag = new Map<number, Uint8Array[]>(); // at most one entry per field of the shape
  const others: Uint8Array[] = [];
  const reader = new WireReader(src, fromBytes, toBytes);
  while (!reader.atEnd) {
    const startBytes = reader.offsetBytes;
    const tag = reader.tag();
    if (shape.kind(tag) !== FieldKind.Message) {
      reader.skip(tag);
      others.push(src.subarray(startBytes, reader.offsetBytes));
      continue;
    }
    const lengthBytes = reader.length();
    const part = src.subarray(reader.offsetBytes, reader.offsetBytes + lengthBytes);
    partsByTag.set(tag, [...(partsByTag.get(tag) ?? []), part]);
    reader.offsetBytes += lengthBytes;
  }
  for (const [tag, parts] of partsByTag) {
    const content = Buffer.concat(parts);
    const head = new Uint8Array(1 + varintSizeBytes(content.length));
    writeVarint(head, writeVarint(head, 0, tag), content.length);
    others.push(head, content);
  }
  return Buffer.concat(others);
}

const wireTypes: Readonly<Record<FieldKind, WireType>> = {
  [FieldKind.Varint]: WireType.Varint,
  [FieldKind.Fixed64]: WireType.Fixed64,
  [FieldKind.Fixed32]: WireType.Fixed32,
  [FieldKind.Bytes]: WireType.Bytes,
  [FieldKind.Message]: WireType.Bytes,
  [FieldKind.Repeated]: WireType.Bytes,
};

/** The tag under which a repeated or message field stands. */
export function bytesTag(field: number): number {
  return tagOf(field, WireType.Bytes);
}
