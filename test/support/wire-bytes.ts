// Protobuf wire bytes by hand, for tests that say exactly what is on the wire.

/** A length-delimited field, tag included. */
export function delimited(field: number, content: Uint8Array | readonly Uint8Array[]): Uint8Array {
  const bytes = content instanceof Uint8Array ? content : Buffer.concat(content);
  return Buffer.concat([Uint8Array.from([field * 8 + 2, ...varint(BigInt(bytes.length))]), bytes]);
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export function fixed64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

/** Negative numbers take ten bytes, as in protobuf. */
export function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}
