// In what form a producer's body lies in its slab, as the ingester calls it and as the vault's
// format does.

import { unreachable } from '../assert.ts';
import type { IngestCall } from '../ingester/ingest-call.ts';
import { EntryCodec, EntryKind } from '../vault/format.ts';

/** Only the vault can take such a body: it has to be inflated or rewritten before it is OTLP. */
export function isRaw({ type, encoding }: Pick<IngestCall, 'type' | 'encoding'>): boolean {
  return type === 'json' || encoding !== undefined;
}

export function kindOf({ type, encoding }: Pick<IngestCall, 'type' | 'encoding'>): EntryKind {
  if (type === 'json') return EntryKind.Json;
  return encoding === undefined ? EntryKind.Protobuf : EntryKind.CompressedProtobuf;
}

export function codecOf({ encoding }: Pick<IngestCall, 'encoding'>): EntryCodec {
  switch (encoding) {
    case undefined:
      return EntryCodec.None;
    case 'gzip':
      return EntryCodec.Gzip;
    case 'zstd':
      return EntryCodec.Zstd;
    default:
      return unreachable(encoding, 'encoding of a body');
  }
}
