// What every exporter has besides its destination: the sending queue with its batcher, and the
// backoff.

import { z } from 'zod';
import { MiB } from '../limits.ts';
import {
  block,
  choice,
  count,
  duration,
  noEffect,
  ratio,
  relation,
  size,
  told,
} from './schema-keys.ts';

/**
 * No queue of batches is smaller than this, so a bare number below it can only be a count of
 * requests.
 */
export const queueSizeBytesMin = MiB;

const batch = block('concatenation of batches into one request', {
  flush_timeout: duration(
    '0',
    '1m',
    'how long a batch may wait for company while all consumers are busy; an idle consumer ' +
      'sends at once, except in Yellow, where all gather for a quarter of ack_deadline at most, ' +
      'and no longer than 500ms',
    { computedDefault: '200ms, or the timeout of the batch processor' },
  ).optional(),
  min_size: size('0', '64MiB', 'a request of this size waits no longer', {
    computedDefault: '1MiB, at most max_size',
  }).optional(),
  max_size: size(
    '16KiB',
    '64MiB',
    'largest request before compression; many servers stop at 4 MiB. Each shard reserves a ' +
      'buffer of this size',
    { computedDefault: '4000000; 2200000 where memory.limit_mib leaves batches less than 32 MiB' },
  ).optional(),
  sizer: choice(['bytes'], 'requests are bounded by bytes', {
    error: 'must be bytes: servers limit bytes, not records',
  }).prefault('bytes'),
});

export const sendingQueue = relation(
  block('batches waiting for the destination', {
    num_consumers: count(
      1,
      1000,
      'requests in flight at once, in the whole process; used while the arena is below 60 %',
    ).prefault(10),
    queue_size: size(
      '1',
      '4GiB',
      'bytes waiting or in flight, in the whole process; batches themselves stand in the ' +
        'arena, once for all exporters',
      { computedDefault: 'half of the arena' },
    ).optional(),
    sizer: choice(
      ['bytes', 'requests'],
      'what queue_size counts; requests (batches) only lowers the bound',
      {
        error: 'must be bytes or requests',
        computedDefault: 'bytes; requests for a queue_size below 1 MiB',
      },
    ).optional(),
    batch: batch.prefault({}),
    enabled: told(z.literal(true, 'refused: without a queue nothing could be acknowledged'), {
      effect: 'honoured',
      type: 'true',
      reason: 'there is always a queue',
      needlessValue: 'true',
    }).optional(),
    storage: noEffect('the vault is the storage'),
    wait_for_result: noEffect('an answer always waits for the result'),
    block_on_overflow: noEffect('a full queue answers the producer, who keeps the batch'),
  }),
  (queue, report) => {
    const { sizer, queue_size: bytes } = queue;
    if (sizer === 'bytes' && typeof bytes === 'number' && bytes < queueSizeBytesMin) {
      report(
        ['queue_size'],
        'must be from 1MiB to 4GiB; for a number of batches set sizer: requests',
      );
    }
    if (sizer === 'requests' && typeof bytes === 'number' && bytes > queueBatchesMax) {
      report(['queue_size'], `must be at most ${queueBatchesMax} requests`);
    }
  },
);

export const queueBatchesMax = 1_000_000;

export const retryOnFailure = relation(
  block('waits after a failed request; nothing is dropped by a timer', {
    initial_interval: duration('100ms', '1h', 'first wait').prefault('5s'),
    multiplier: ratio(1, 10, 'each wait is this much longer than the one before').prefault(1.5),
    randomization_factor: ratio(0, 1, 'spreads the waits of many senders').prefault(0.5),
    max_interval: duration('100ms', '1h', 'longest wait, but for what the server asks').prefault(
      '30s',
    ),
    max_elapsed_time: noEffect('no timer drops data'),
    enabled: told(z.literal(true, 'refused: what is acknowledged is never dropped'), {
      effect: 'honoured',
      type: 'true',
      reason: 'failures are always retried',
      needlessValue: 'true',
    }).optional(),
  }),
  (retry, report) => {
    const { initial_interval: initial, max_interval: max } = retry;
    if (typeof initial === 'number' && typeof max === 'number' && initial > max) {
      report(['initial_interval'], `must not exceed max_interval (${max}ms)`);
    }
  },
);

export type SendingQueue = z.output<typeof sendingQueue>;
export type RetryOnFailure = z.output<typeof retryOnFailure>;
