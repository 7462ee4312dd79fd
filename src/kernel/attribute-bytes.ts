// One attribute as it stands in a Resource message: tag of field 1, length, KeyValue. Written once,
// at start, for the values that processors set.
//
//   0a len { 0a len key  12 len { 0a len string | 10 bool | 18 varint | 21 double } }

import { GopherShipError } from '../errors.ts';

/** Integral numbers and bigints become int_value, other numbers double_value. */
export type AttributeValue = string | boolean | number | bigint;

export function encodeAttribute(key: string, value: AttributeValue): Uint8Array {
  const keyBytes = new TextEncoder().encode(key);
  const keyValue = Buffer.concat([
    delimited(0x0a, keyBytes),
    delimited(0x12, anyValue(key, value)),
  ]);
  return delimited(0x0a, keyValue);
}

function anyValue(key: string, value: AttributeValue): Uint8Array {
  if (typeof value === 'string') return delimited(0x0a, new TextEncoder().encode(value));
  if (typeof value === 'boolean') return Uint8Array.of(0x10, value ? 1 : 0);
  if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) !== value) {
      throw new GopherShipError('CONFIG', `attribute ${key}: ${value} does not fit 64 bits`);
    }
    return Uint8Array.of(0x18, ...varint(value));
  }
  // 2^53 and above would claim a precision that a number does not have; -0 is no integer to
  // protobuf.
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    return Uint8Array.of(0x18, ...varint(BigInt(value)));
  }
  const bytes = new Uint8Array(9);
  bytes[0] = 0x21;
  new DataView(bytes.buffer).setFloat64(1, value, true);
  return bytes;
}

function delimited(tag: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(tag, ...varint(BigInt(content.length))), content]);
}

/** Negative numbers take ten bytes, as protobuf's int64 does. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}
