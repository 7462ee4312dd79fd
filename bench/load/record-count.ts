// Counts the log records of an ExportLogsServiceRequest by skipping over lengths, so that a sink
// says how many records it really received at little cost.

/** ExportLogsServiceRequest.resource_logs (1) > scope_logs (2) > log_records (2). */
const path = [1, 2, 2] as const;

export function countRecords(message: Uint8Array): number {
  return countAt(message, 0, message.length, 0);
}

function countAt(bytes: Uint8Array, from: number, end: number, depth: number): number {
  if (depth === path.length) return 1;
  let count = 0;
  let at = from;
  while (at < end) {
    const key = varint(bytes, at);
    at = key.next;
    const wireType = key.value & 7;
    if (wireType === 2) {
      const length = varint(bytes, at);
      at = length.next + length.value;
      if (at > end) throw new RangeError('field longer than its message');
      if (key.value >>> 3 === path[depth]) count += countAt(bytes, length.next, at, depth + 1);
    } else if (wireType === 0) at = varint(bytes, at).next;
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else throw new RangeError(`wire type ${wireType}`);
  }
  return count;
}

function varint(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  let shift = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    // Lengths stay below 2^31; higher bits of a 64-bit number are of no interest here.
    if (shift < 28) value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) return { value, next: at + 1 };
  }
  throw new RangeError('varint cut off');
}
