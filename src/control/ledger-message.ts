// The ledger as a message: whether every batch is accounted for.

import { create } from '@bufbuild/protobuf';
import {
  type GetLedgerResponse,
  GetLedgerResponseSchema,
} from '../generated/gophership/control/v1/control_pb.js';
import { SourceCounter, type SourceCounts } from '../memory/source-counters.ts';
import type { LedgerView } from './engine-view.ts';

export function ledgerMessage(
  { intake, rows, isBalanced }: LedgerView,
  sources: readonly SourceCounts[],
): GetLedgerResponse {
  return create(GetLedgerResponseSchema, {
    intake,
    rows: rows.map(({ id, ...terms }) => ({ destination: id, ...terms })),
    isBalanced,
    sources: sources.map(sourceRow),
  });
}

function sourceRow({ name: source, counts }: SourceCounts) {
  const count = (word: SourceCounter) => counts[word] ?? 0;
  const received = count(SourceCounter.Received);
  const acked = count(SourceCounter.Acked);
  const refused = count(SourceCounter.Refused);
  const gone = count(SourceCounter.Gone);
  return {
    ...{ source, received, acked, refused, gone, inFlight: received - acked - refused - gone },
    receivedBytes: count(SourceCounter.ReceivedBytes),
    ackedRecords: count(SourceCounter.AckedRecords),
  };
}
