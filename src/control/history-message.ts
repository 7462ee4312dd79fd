// A part of the history as the message that carries it.

import { create } from '@bufbuild/protobuf';
import {
  type GetHistoryResponse,
  GetHistoryResponseSchema,
  type SignalHistory,
  SignalHistorySchema,
} from '../generated/gophership/control/v1/history_pb.js';
import { signalTable } from '../monitor/signal-table.ts';
import type { History, HistorySlice } from './history.ts';
import { historyColumns } from './history-columns.ts';
import { wireUnit, wireZone } from './zone-message.ts';

export function historyMessage(history: History, slice: HistorySlice): GetHistoryResponse {
  const message = create(GetHistoryResponseSchema, {
    continues: slice.continues,
    time: history.times(slice),
    zone: history.zones(slice).map(wireZone),
    signals: signalTable.flatMap((_, row) => signalHistory(history, row, slice)),
  });
  historyColumns.forEach(({ name, isOfVault }, column) => {
    if (isOfVault && !history.hasVault) return;
    message[name] = history.column(column, slice).map(wireDigits);
  });
  return message;
}

/** None of a signal that this host has not had in all of that time. */
function signalHistory(history: History, row: number, slice: HistorySlice): SignalHistory[] {
  const value = history.signal(row, slice).map(wireDigits);
  if (value.every(Number.isNaN)) return [];
  const { name, unit } = signalTable[row]!; // of a row that there is
  return [create(SignalHistorySchema, { name, unit: wireUnit(unit), value })];
}

/** In JSON each digit is a byte, and those of a float32 beyond its precision mean nothing. */
function wireDigits(value: number): number {
  return Math.abs(value) < 1_000 ? Math.round(value * 100) / 100 : Math.round(value);
}
