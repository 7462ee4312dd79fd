// What each destination has been sent, and what waits for it. The debug exporter has neither queue
// nor requests: of it only what it shows is measured.

import { DestinationCounter } from '../memory/state-page.ts';
import { VaultWord } from '../memory/vault-page.ts';
import type { DestinationView } from './engine-view.ts';
import { counters, gauges, type MetricFamily, type MetricSource } from './metric-family.ts';
import { isDeadLetterFull } from './vault-words.ts';

const outcomes = [
  ['delivered', DestinationCounter.DeliveredRequests],
  ['refused', DestinationCounter.RefusedRequests],
  ['unanswered', DestinationCounter.UnansweredRequests],
] as const;

const breakerStates = ['closed', 'open', 'probing'] as const;

export const exportFamilies: readonly MetricFamily[] = [
  {
    name: 'gophership_export_destination_info',
    type: 'info',
    help: 'Destinations; required="false": it holds back no answer, and loses what does not fit.',
    labels: ['exporter', 'required'],
    collect({ view }, emit) {
      for (const { id, isRequired } of view.destinations) emit(1, id, String(isRequired));
    },
  },
  destinationCounter(
    'gophership_export_enqueued_batches_total',
    'Batches that were handed to a destination, replayed ones too.',
    DestinationCounter.EnqueuedBatches,
  ),
  destinationCounter(
    'gophership_export_delivered_batches_total',
    'Batches that a destination has taken, all of their records or some.',
    DestinationCounter.DeliveredBatches,
  ),
  destinationCounter(
    'gophership_export_delivered_records_total',
    'Records that a destination has taken.',
    DestinationCounter.DeliveredRecords,
  ),
  destinationCounter(
    'gophership_export_replayed_batches_total',
    'Of the delivered batches: out of the vault.',
    DestinationCounter.ReplayedBatches,
    ({ consumerIndex }) => consumerIndex !== undefined,
  ),
  destinationCounter(
    'gophership_export_rejected_records_total',
    'Records that a destination refused for good.',
    DestinationCounter.RejectedRecords,
    hasQueue,
  ),
  destinationCounter(
    'gophership_export_abandoned_batches_total',
    'Batches taken back before a destination had settled them: the vault has them, or their ' +
      'producer sends them again.',
    DestinationCounter.AbandonedBatches,
    hasQueue,
  ),
  destinationCounter(
    'gophership_export_dropped_records_total',
    'Records lost to a destination that is not required.',
    DestinationCounter.DroppedRecords,
    ({ isRequired }) => !isRequired,
  ),
  counters(
    'gophership_export_requests_total',
    ['exporter', 'outcome'],
    'Requests, or writes to a file, by how they ended: delivered; refused, by an answer that says ' +
      'no, now or for good; unanswered: no connection, cut off, or too late.',
    (source, emit) => {
      eachDestination(source, hasQueue, ({ id }, index) => {
        for (const [outcome, word] of outcomes) {
          emit(source.view.statePage.sumDestination(index, word), id, outcome);
        }
      });
    },
  ),
  destinationCounter(
    'gophership_export_unknown_outcomes_total',
    'Requests that may have arrived although they ended in an error: sending again can make ' +
      'duplicates.',
    DestinationCounter.UnknownOutcomes,
    hasQueue,
  ),
  destinationCounter(
    'gophership_export_request_bytes_total',
    'Size of the requests as sent, compressed or not.',
    DestinationCounter.RequestBytes,
    hasQueue,
  ),
  destinationGauge(
    'gophership_export_queued_batches',
    'Batches in the queue of a destination, waiting or under way.',
    DestinationCounter.QueuedBatches,
  ),
  destinationGauge(
    'gophership_export_queued_bytes',
    'Size of their bodies.',
    DestinationCounter.QueuedBytes,
  ),
  destinationGauge(
    'gophership_export_inflight_requests',
    'Requests without an answer yet.',
    DestinationCounter.InflightRequests,
  ),
  gauges(
    'gophership_export_breaker_shards',
    ['exporter', 'state'],
    'Shards by what their breaker for a destination does: closed (it works), open (it is down), ' +
      'probing.',
    (source, emit) => {
      eachDestination(source, hasQueue, ({ id }, index) => {
        const counts = breakerCounts(source, index);
        breakerStates.forEach((state, at) => {
          emit(counts[at] ?? 0, id, state);
        });
      });
    },
  ),
  gauges(
    'gophership_export_dead_letter_full',
    ['exporter'],
    '1: the dead letter of a destination takes no more, and nothing is replayed to it.',
    ({ view }, emit) => {
      const { vaultPage } = view;
      if (vaultPage === undefined) return;
      const word = vaultPage.get(VaultWord.ReplayState);
      for (const { id, consumerIndex } of view.destinations) {
        if (consumerIndex === undefined) continue;
        emit(Number(isDeadLetterFull(word, consumerIndex)), id);
      }
    },
  ),
];

/** All but `debug`, which shows a batch and is done. */
export function hasQueue({ id }: DestinationView): boolean {
  return id.split('/')[0] !== 'debug';
}

/** With its place among the words of the state page. */
export function eachDestination(
  { view }: MetricSource,
  has: (destination: DestinationView) => boolean,
  visit: (destination: DestinationView, index: number) => void,
): void {
  view.destinations.forEach((destination, index) => {
    if (has(destination)) visit(destination, index);
  });
}

function destinationCounter(
  name: string,
  help: string,
  word: DestinationCounter,
  has: (destination: DestinationView) => boolean = () => true,
): MetricFamily {
  return counters(name, ['exporter'], help, collectWord(word, has));
}

function destinationGauge(name: string, help: string, word: DestinationCounter): MetricFamily {
  return gauges(name, ['exporter'], help, collectWord(word, hasQueue));
}

function collectWord(
  word: DestinationCounter,
  has: (destination: DestinationView) => boolean,
): MetricFamily['collect'] {
  return (source, emit) => {
    eachDestination(source, has, ({ id }, index) => {
      emit(source.view.statePage.sumDestination(index, word), id);
    });
  };
}

/** By the number that the breaker shows: 0 closed, 1 open, 2 probing. */
function breakerCounts({ view }: MetricSource, destinationIndex: number): number[] {
  const counts = breakerStates.map(() => 0);
  for (let shard = 0; shard < view.zonePage.shardCount; shard += 1) {
    const words = view.statePage.shard(shard).destination(destinationIndex);
    const state = words.get(DestinationCounter.OpenBreaker);
    counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}
