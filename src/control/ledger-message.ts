// The ledger as a message: whether every batch is accounted for.

import { create } from '@bufbuild/protobuf';
import {
  type GetLedgerResponse,
  GetLedgerResponseSchema,
} from '../generated/gophership/control/v1/control_pb.js';
import type { LedgerView } from './engine-view.ts';

export function ledgerMessage({ intake, rows, isBalanced }: LedgerView): GetLedgerResponse {
  return create(GetLedgerResponseSchema, {
    intake,
    rows: rows.map(({ id, ...terms }) => ({ destination: id, ...terms })),
    isBalanced,
  });
}
