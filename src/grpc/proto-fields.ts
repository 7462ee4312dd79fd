// Protobuf of a few small messages (google.rpc.Status and what is in it) without
// @bufbuild/protobuf: loaded into a shard that library alone is 6 MiB of heap and 20 ms of the
// start. Bodies of logs are read by otlp/protobuf-wire.ts.

import { assert } from '../assert.ts';

/** A field of a message that was read: a varint, the low 64 bits signed, or bytes. */
export type FieldValue = bigint | Uint8Array;

const WireType = { Varint: 0, Fixed64: 1, Bytes: 2, Fixed32: 5 } as const;
const varintSizeBytesMax = 10;

/**
 * Varints and bytes in the order of the message; fixed ones are passed over. Undefined when the
 * bytes are no such message.
 */
export function readFields(message: Uint8Array): (readonly [number, FieldValue])[] | undefined {
  const fields: (readonly [number, FieldValue])[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    if (tag === undefined) return undefined;
    at = tag.endBytes;
    const field = Number(tag.value >> 3n);
    switch (Number(tag.value & 7n)) {
      case WireType.Varint: {
        const varint = readVarint(message, at);
        if (varint === undefined) return undefined;
        at = varint.endBytes;
        fields.push([field, BigInt.asIntN(64, varint.value)]);
        break;
      }
      case WireType.Bytes: {
        const length = readVarint(message, at);
        if (length === undefined || length.value > message.length - length.endBytes) return;
        at = length.endBytes + Number(length.value);
        fields.push([field, message.subarray(length.endBytes, at)]);
        break;
      }
      case WireType.Fixed64:
        at += 8;
        break;
      case WireType.Fixed32:
        at += 4;
        break;
      default: // groups, which proto3 does not have
        return undefined;
    }
  }
  return at === message.length ? fields : undefined;
}

/** The last varint of that number, as a reader of a field that is not repeated takes it; else 0. */
export function varintOf(fields: readonly (readonly [number, FieldValue])[], field: number) {
  const found = fields.findLast(([number, value]) => number === field && typeof value === 'bigint');
  return found === undefined ? 0n : (found[1] as bigint); // by the line above
}

/** All byte fields of that number. */
export function bytesOf(
  fields: readonly (readonly [number, FieldValue])[],
  field: number,
): Uint8Array[] {
  return fields.flatMap(([number, value]) =>
    number === field && typeof value !== 'bigint' ? [value] : [],
  );
}

/** The last string of that number, or an empty one. */
export function textOf(fields: readonly (readonly [number, FieldValue])[], field: number): string {
  const bytes = bytesOf(fields, field).at(-1);
  return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
}

/** A varint field; nothing for 0, the default. */
export function varintField(field: number, value: number): Buffer {
  assert(Number.isSafeInteger(value) && value >= 0, 'not an unsigned integer');
  if (value === 0) return Buffer.alloc(0);
  return Buffer.from([...varint(field * 8 + WireType.Varint), ...varint(value)]);
}

/** A string or message field. */
export function bytesField(field: number, value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const head = [...varint(field * 8 + WireType.Bytes), ...varint(bytes.length)];
  return Buffer.concat([Buffer.from(head), bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

function readVarint(
  bytes: Uint8Array,
  offsetBytes: number,
): { readonly value: bigint; readonly endBytes: number } | undefined {
  let value = 0n;
  for (let index = 0; index < varintSizeBytesMax; index += 1) {
    const byte = bytes[offsetBytes + index];
    if (byte === undefined) return undefined;
    value |= BigInt(byte & 127) << BigInt(7 * index);
    if (byte < 128) return { value, endBytes: offsetBytes + index + 1 };
  }
  return undefined;
}
