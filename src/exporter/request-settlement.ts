// What the end of a request means for the batches in it, for the breaker and for the size of the
// next one: delivered, sent again, split, searched for the culprit, or refused for good. Every
// piece of a request that ended is told so here, once.

import { unreachable } from '../assert.ts';
import { KiB } from '../limits.ts';
import type { Log } from '../log.ts';
import { DestinationCounter, type DestinationCounters } from '../memory/state-page.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { ExportQueue } from './export-queue.ts';
import type { RequestEnding } from './export-transport.ts';
import type { LearnedSize } from './learned-size.ts';
import { type Piece, recordCountOf } from './queued-batch.ts';
import { isSingle, searchInHalves, splitInHalves } from './request-halves.ts';
import { Verdict } from './retry-policy.ts';

export interface SentRequest {
  /** Empty for a probe that carries nothing. */
  readonly pieces: readonly Piece[];
  readonly renderedSizeBytes: number;
  readonly requestId: string;
  /** What the breaker gave at its start. */
  readonly epoch: number;
}

export interface RequestSettlementParts {
  readonly id: string;
  readonly queue: ExportQueue;
  readonly breaker: CircuitBreaker;
  readonly learnedSize: LearnedSize;
  readonly counters: DestinationCounters;
  readonly log: Log;
}

type Refused = Extract<RequestEnding, { kind: 'refused' }>;
type Failed = Extract<RequestEnding, { kind: 'failed' }>;

// Requests that may run into connections that close in order, one after the other, before it counts
// as a failure.
const againNowMax = 10;
// After these many in a row the destination is taken to be wrong, not what we send.
const permanentStreakMax = 20;
const rejectedBatchStreakMax = 3;
// A timeout says less about size than a 413, so it makes requests smaller only down to this.
const timeoutSizeBytesMin = 256 * KiB;

export class RequestSettlement {
  readonly #parts: RequestSettlementParts;
  #againNowStreak = 0;
  #permanentStreak = 0;
  /** Whole batches refused since the last delivery. */
  #rejectedBatchStreak = 0;
  #lastNotice = '';

  constructor(parts: RequestSettlementParts) {
    this.#parts = parts;
  }

  ended(request: SentRequest, ending: RequestEnding): void {
    switch (ending.kind) {
      case 'delivered':
        this.#parts.counters.add(DestinationCounter.DeliveredRequests, 1);
        this.#delivered(request, ending.rejectedRecords, ending.message);
        return;
      case 'refused':
        this.#parts.counters.add(DestinationCounter.FailedRequests, 1);
        this.#parts.counters.add(DestinationCounter.RefusedRequests, 1);
        this.#refused(request, ending);
        return;
      case 'failed':
        this.#parts.counters.add(DestinationCounter.FailedRequests, 1);
        this.#parts.counters.add(DestinationCounter.UnansweredRequests, 1);
        this.#failed(request, ending);
        return;
      default:
        unreachable(ending, 'request ending');
    }
  }

  /** These records are lost to this destination, and whoever sent them is told. */
  refuse(piece: Piece, message: string): void {
    const { id, counters, log } = this.#parts;
    const recordCount = recordCountOf(piece);
    counters.add(DestinationCounter.RejectedRecords, recordCount);
    log.warn('EXPORT_FAILED', `${id} refused records for good`, {
      exporter: id,
      records: recordCount,
      answer: shortened(message),
    });
    piece.queued.refused(recordCount, message);
  }

  #delivered(request: SentRequest, rejectedRecords: number, message: string): void {
    const { breaker, counters } = this.#parts;
    breaker.succeeded(request.epoch);
    this.#notice(rejectedRecords, message);
    const { pieces } = request;
    if (pieces.length === 0) return;
    this.#againNowStreak = 0;
    this.#permanentStreak = 0;
    this.#rejectedBatchStreak = 0;

    const recordCount = pieces.reduce((sum, piece) => sum + recordCountOf(piece), 0);
    const rejected = Math.min(rejectedRecords, recordCount);
    counters.add(DestinationCounter.RejectedRecords, rejected);
    counters.add(DestinationCounter.DeliveredRecords, recordCount - rejected);
    // Among several producers' batches nobody can say whose records were meant.
    const ofOne = pieces.every((piece) => piece.queued === pieces[0]?.queued);
    for (const piece of pieces) {
      piece.queued.delivered(ofOne ? rejected : 0, ofOne ? message : '');
    }
  }

  #refused(request: SentRequest, ending: Refused): void {
    const { verdict, message, serverDelayMs } = ending;
    const { breaker, queue } = this.#parts;
    switch (verdict) {
      case Verdict.Retry:
        this.#putBack(request, ending.outcomeUnknown);
        breaker.failed(request.epoch, serverDelayMs);
        this.#warn(message);
        return;
      case Verdict.Hold:
        queue.putBack(request.pieces);
        this.#fault(request, 'setup', message, serverDelayMs);
        return;
      case Verdict.Split:
        this.#split(request, message);
        return;
      case Verdict.Bisect:
        this.#bisect(request, message);
        return;
      case Verdict.Permanent:
        this.#permanent(request, message);
        return;
      default:
        unreachable(verdict, 'verdict');
    }
  }

  #failed(request: SentRequest, ending: Failed): void {
    const { breaker, learnedSize } = this.#parts;
    this.#putBack(request, ending.outcomeUnknown);
    if (ending.againNow && this.#againNowStreak < againNowMax) {
      this.#againNowStreak += 1;
      breaker.retracted(request.epoch);
      return;
    }
    const large = request.renderedSizeBytes > timeoutSizeBytesMin;
    if (ending.failure === 'timeout' && ending.outcomeUnknown && large) {
      learnedSize.tooLarge(request.renderedSizeBytes, timeoutSizeBytesMin);
    }
    const timedOut = ending.failure === 'timeout';
    const unreached = ending.failure === 'unconnected' || (timedOut && !ending.outcomeUnknown);
    breaker.failed(request.epoch, undefined, unreached);
    if (ending.failure !== 'cancelled') this.#warn(ending.message);
  }

  /**
   * What may have arrived goes again unchanged and under the same id, so that the downstream can
   * tell.
   */
  #putBack(request: SentRequest, outcomeUnknown: boolean): void {
    const { queue, counters } = this.#parts;
    if (!outcomeUnknown || request.pieces.length === 0) {
      queue.putBack(request.pieces);
      return;
    }
    counters.add(DestinationCounter.UnknownOutcomes, 1);
    queue.putBack(request.pieces, {
      sizeBytesMax: request.renderedSizeBytes,
      requestId: request.requestId,
    });
  }

  #split(request: SentRequest, message: string): void {
    const { breaker, queue, learnedSize } = this.#parts;
    if (isSingle(request.pieces)) {
      this.#permanent(request, `one record is too large: ${message}`);
      return;
    }
    breaker.succeeded(request.epoch);
    if (request.pieces.length === 0) return;
    learnedSize.tooLarge(request.renderedSizeBytes);
    splitInHalves(queue, request.pieces, request.renderedSizeBytes);
  }

  /** Halves until what is refused stands alone, or until the search has cost enough. */
  #bisect(request: SentRequest, message: string): void {
    const { breaker, queue } = this.#parts;
    breaker.succeeded(request.epoch);
    for (const piece of searchInHalves(queue, request.pieces, request.renderedSizeBytes)) {
      this.refuse(piece, message);
      this.#countRejectedBatch(piece, request, message);
    }
  }

  #countRejectedBatch(piece: Piece, request: SentRequest, message: string): void {
    const { queued } = piece;
    if (!queued.isSettled || queued.isPartlyDelivered || queued.isAbandoned) return;
    this.#rejectedBatchStreak += 1;
    if (this.#rejectedBatchStreak < rejectedBatchStreakMax) return;
    this.#rejectedBatchStreak = 0;
    this.#fault(request, 'setup', `whole batches are refused: ${message}`, undefined);
  }

  #permanent(request: SentRequest, message: string): void {
    const { breaker } = this.#parts;
    for (const piece of request.pieces) this.refuse(piece, message);
    this.#permanentStreak += 1;
    if (request.pieces.length === 0) {
      // The empty probe of a wrong set-up met another error: still wrong.
      this.#fault(request, 'setup', message, undefined);
    } else if (this.#permanentStreak >= permanentStreakMax) {
      this.#fault(request, 'codes', message, undefined);
    } else {
      breaker.succeeded(request.epoch);
    }
  }

  #fault(
    request: SentRequest,
    fault: 'setup' | 'codes',
    message: string,
    serverDelayMs: number | undefined,
  ): void {
    const { id, breaker, log } = this.#parts;
    breaker.faulted(request.epoch, fault, serverDelayMs);
    log.error('DESTINATION_DOWN', `${id} answers as one that is set up wrongly; batches are held`, {
      exporter: id,
      answer: shortened(message),
    });
  }

  #warn(message: string): void {
    const { id, log } = this.#parts;
    log.warn('EXPORT_FAILED', `${id}: request failed, it is sent again`, {
      exporter: id,
      answer: shortened(message),
    });
  }

  /** Words that come with a success are told once, not with every request. */
  #notice(rejectedRecords: number, message: string): void {
    const { id, log } = this.#parts;
    if (rejectedRecords > 0) {
      log.warn('EXPORT_FAILED', `${id} rejected records of a request`, {
        exporter: id,
        records: rejectedRecords,
        answer: shortened(message),
      });
    } else if (message !== '' && message !== this.#lastNotice) {
      this.#lastNotice = message;
      log.info(`${id} says: ${shortened(message)}`, { exporter: id });
    }
  }
}

function shortened(message: string): string {
  return message.length <= 256 ? message : `${message.slice(0, 256)}...`;
}
