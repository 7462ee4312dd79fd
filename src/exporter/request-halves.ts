// What becomes of a request that was too large, or that holds something which the destination
// refuses: its pieces wait again as two requests. The search for what is refused has a price, and
// each batch pays at most `bisectRequestsPerBatchMax` requests: a request counts when it is
// planned, so the last ones are sent, and if they are refused too, their records are given up
// whole.

import { assert } from '../assert.ts';
import { bisectRequestsPerBatchMax } from '../limits.ts';
import type { ExportQueue, GroupPlan } from './export-queue.ts';
import { type Piece, type QueuedBatch, recordCountOf } from './queued-batch.ts';

/** True: nothing is left to halve. */
export function isSingle(pieces: readonly Piece[]): boolean {
  const only = pieces.length === 1 ? pieces[0] : undefined;
  return only !== undefined && recordCountOf(only) <= 1;
}

/** `sizeBytesMax`: what the request had. */
export function splitInHalves(
  queue: ExportQueue,
  pieces: readonly Piece[],
  sizeBytesMax: number,
): void {
  halve(queue, pieces, { sizeBytesMax });
}

/** As far as the budgets go; returns the pieces of which nothing further is tried. */
export function searchInHalves(
  queue: ExportQueue,
  pieces: readonly Piece[],
  sizeBytesMax: number,
): readonly Piece[] {
  const searched = isSingle(pieces) ? new Set<QueuedBatch>() : searchable(pieces);
  const rest = pieces.filter(({ queued }) => searched.has(queued));
  halve(queue, rest, { sizeBytesMax, isSearch: true });
  return pieces.filter(({ queued }) => !searched.has(queued));
}

function halve(queue: ExportQueue, pieces: readonly Piece[], plan: GroupPlan): void {
  const only = pieces.length === 1 ? pieces[0] : undefined;
  if (only !== undefined && recordCountOf(only) > 1) {
    if (plan.isSearch) spend(only.queued, 2);
    queue.putBackHalves(only, plan);
    return;
  }
  const middle = Math.ceil(pieces.length / 2);
  for (const half of [pieces.slice(0, middle), pieces.slice(middle)]) {
    if (plan.isSearch) for (const queued of batchesOf(half)) spend(queued, 1);
    queue.putBack(half, plan);
  }
}

/**
 * The batches that can pay for two more requests, and for the one that was refused if no search
 * planned it.
 */
function searchable(pieces: readonly Piece[]): Set<QueuedBatch> {
  const searched = new Set<QueuedBatch>();
  for (const queued of batchesOf(pieces)) {
    const isPlanned = pieces.some((piece) => piece.queued === queued && piece.isSearch);
    const refusedRequests = isPlanned ? 0 : 1;
    if (queued.searchRequests + refusedRequests + 2 > bisectRequestsPerBatchMax) continue;
    spend(queued, refusedRequests);
    searched.add(queued);
  }
  return searched;
}

function spend(queued: QueuedBatch, requests: number): void {
  queued.searchRequests += requests;
  assert(queued.searchRequests <= bisectRequestsPerBatchMax, 'search beyond its budget');
}

function batchesOf(pieces: readonly Piece[]): Set<QueuedBatch> {
  return new Set(pieces.map(({ queued }) => queued));
}
