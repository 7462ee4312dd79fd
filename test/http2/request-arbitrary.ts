// Requests for node:http2 to encode: names of the static table and new ones, repeated or not,
// values of every legal byte, some of them long enough to empty the table or to need a second
// frame, some that must not be indexed.

import fc from 'fast-check';
import type { Fields, PeerRequest } from './node-http2-peer.ts';

/** What happens on one connection, in order: new bounds for the table, then requests. */
export interface Turn {
  readonly tableSizes: readonly number[];
  readonly requests: readonly PeerRequest[];
}

/** A session takes 100 streams before it knows how many we allow. */
const turnsMax = 5;
const requestsPerTurnMax = 12;

// Fields that Node lets a request repeat.
const repeatable = ['accept', 'accept-encoding', 'accept-language', 'cache-control', 'cookie'];
const single = ['content-type', 'user-agent', 'authorization', 'if-match', 'referer', 'etag'];

const name = fc.oneof(
  fc.constantFrom(...repeatable, 'via', 'vary', 'grpc-timeout', 'grpc-encoding', 'x-a', 'x-b'),
  fc.stringMatching(/^x-[a-z0-9!#$%&'*+.^_`|~-]{1,30}$/),
);

const legalByte = fc
  .oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }))
  .map((code) => String.fromCharCode(code));

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', 'gzip', 'identity', 'trailers', '1', '4999m') },
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 60, size: 'max' }) },
  { weight: 4, arbitrary: fc.string({ unit: legalByte, maxLength: 60, size: 'max' }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 1_000 }).map((size) => 'y'.repeat(size)) },
);

/** One a request: nghttp2 sends no list of more than 64 KiB. */
const long = fc.integer({ min: 4_000, max: 40_000 }).map((size) => '~'.repeat(size));
const longs: fc.Arbitrary<Fields> = fc.oneof(
  { weight: 9, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.tuple(fc.tuple(name, long)) },
);

const singles: fc.Arbitrary<Fields> = fc
  .subarray(single)
  .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), value))));

const path = fc.oneof(
  fc.constantFrom('/', '/index.html', '/v1/logs'),
  fc.webPath({ size: 'small' }).map((text) => `/${text}`),
);

const request: fc.Arbitrary<PeerRequest> = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'PUT'),
    path,
    singles,
    longs,
    fc.array(fc.tuple(name, value), { maxLength: 20, size: 'max' }),
    fc.array(name, { maxLength: 3 }),
  )
  .map(([method, path, singles, longs, others, sensitive]) => ({
    fields: [
      [':method', method],
      [':scheme', 'http'],
      [':authority', 'peer.test'],
      [':path', path],
      ...singles,
      ...longs,
      ...others,
    ],
    sensitive,
  }));

const tableSize = fc.oneof(fc.constantFrom(0, 4_096), fc.nat(4_096));

export const turns: fc.Arbitrary<Turn[]> = fc.array(
  fc.record({
    tableSizes: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      fc.array(tableSize, { maxLength: 3 }),
    ),
    requests: fc.array(request, { minLength: 1, maxLength: requestsPerTurnMax, size: 'max' }),
  }),
  { minLength: 1, maxLength: turnsMax, size: 'max' },
);
