// The ResourceLogs of a request as wire bytes, split into what enrichment may change and what it
// may not.

import { createHash } from 'node:crypto';
import { tagOf, WireReader, WireType } from '../../src/otlp/protobuf-wire.ts';

const resourceLogsTag = tagOf(1, WireType.Bytes);
const resourceTag = tagOf(1, WireType.Bytes);

/**
 * For each ResourceLogs, in order: a digest of all its bytes but those of its `resource` fields.
 */
export function bytesBesideResources(request: Uint8Array): string[] {
  return fieldsOf(request)
    .filter(({ tag }) => tag === resourceLogsTag)
    .map(({ content }) => {
      const digest = createHash('sha256');
      for (const { tag, whole } of fieldsOf(content)) if (tag !== resourceTag) digest.update(whole);
      return digest.digest('hex');
    });
}

function fieldsOf(message: Uint8Array) {
  const reader = new WireReader(message);
  const fields: { tag: number; whole: Uint8Array; content: Uint8Array }[] = [];
  while (!reader.atEnd) {
    const from = reader.offsetBytes;
    const tag = reader.tag();
    const contentFrom = reader.offsetBytes;
    reader.skip(tag);
    const whole = message.subarray(from, reader.offsetBytes);
    fields.push({ tag, whole, content: withoutLength(message, contentFrom, reader.offsetBytes) });
  }
  return fields;
}

function withoutLength(message: Uint8Array, from: number, to: number): Uint8Array {
  const reader = new WireReader(message, from, to);
  reader.varint();
  return message.subarray(reader.offsetBytes, to);
}
