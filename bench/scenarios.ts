// What is measured: the rows of the bench. Row numbers T3 and T4 are the project's targets.

import type { LoadShape } from './load/h2-load.ts';
import type { BenchPath } from './peers/bench-peer.ts';

export interface Scenario {
  readonly title: string;
  readonly path: BenchPath;
  readonly body: 'big' | 'small';
  readonly load: LoadShape;
  /** Requests of one round: a few seconds of the faster engine. */
  readonly requests: number;
}

const bigLoad = { connections: 4, streamsPerConnection: 4 };
const smallLoad = { connections: 8, streamsPerConnection: 8 };
const singleFlightLoad = { connections: 64, streamsPerConnection: 1 };

export const scenarios: readonly Scenario[] = [
  {
    title: 'T3 Green: attributes, batch, TLS out; big',
    ...{ path: 'forward', body: 'big', load: bigLoad, requests: 6_000 },
  },
  {
    title: 'Green: attributes, batch, TLS out; small',
    ...{ path: 'forward', body: 'small', load: smallLoad, requests: 150_000 },
  },
  {
    title: 'T4 Green: small, 64 connections with one request in flight',
    ...{ path: 'forward', body: 'small', load: singleFlightLoad, requests: 150_000 },
  },
  {
    title: 'receive and discard: big',
    ...{ path: 'discard', body: 'big', load: bigLoad, requests: 10_000 },
  },
  {
    title: 'receive and discard: small',
    ...{ path: 'discard', body: 'small', load: smallLoad, requests: 200_000 },
  },
];

export const recordsPerBody = { big: 1000, small: 10 } as const;
