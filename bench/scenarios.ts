// What is measured: the rows of the bench. Row numbers T1 to T4 are the project's targets.

import type { LoadProtocol, LoadShape } from './load/h2-load.ts';
import type { BenchPath, BodyName } from './peers/bench-peer.ts';

export interface Scenario {
  readonly title: string;
  readonly path: Exclude<BenchPath, 'drain'>;
  readonly body: BodyName;
  readonly protocol: LoadProtocol;
  readonly load: LoadShape;
  /** Requests of one round: a few seconds of the faster engine. */
  readonly requests: number;
}

const bigLoad = { connections: 4, streamsPerConnection: 4 };
const smallLoad = { connections: 8, streamsPerConnection: 8 };
const singleFlightLoad = { connections: 64, streamsPerConnection: 1 };

const forward = { path: 'forward', protocol: 'grpc' } as const;
const discard = { path: 'discard', protocol: 'grpc' } as const;
const durable = { path: 'durable', protocol: 'grpc' } as const;

export const scenarios: readonly Scenario[] = [
  {
    title: 'T3 Green: attributes, batch, TLS out; big',
    ...{ ...forward, body: 'big', load: bigLoad, requests: 6_000 },
  },
  {
    title: 'Green: attributes, batch, TLS out; small',
    ...{ ...forward, body: 'small', load: smallLoad, requests: 150_000 },
  },
  {
    title: 'T4 Green: small, 64 connections with one request in flight',
    ...{ ...forward, body: 'small', load: singleFlightLoad, requests: 150_000 },
  },
  {
    title: 'T1 Red: on disk before the answer; real',
    ...{ ...durable, body: 'real', load: bigLoad, requests: 6_000 },
  },
  {
    title: 'Red: on disk before the answer; big',
    ...{ ...durable, body: 'big', load: bigLoad, requests: 6_000 },
  },
  {
    title: 'T2 Red: on disk before the answer; small',
    ...{ ...durable, body: 'small', load: smallLoad, requests: 150_000 },
  },
  {
    title: 'receive and discard: big',
    ...{ ...discard, body: 'big', load: bigLoad, requests: 10_000 },
  },
  {
    title: 'receive and discard: real',
    ...{ ...discard, body: 'real', load: bigLoad, requests: 12_000 },
  },
  {
    title: 'receive and discard: small',
    ...{ ...discard, body: 'small', load: smallLoad, requests: 200_000 },
  },
  {
    title: 'receive and discard: OTLP/HTTP h2 small',
    ...{ ...discard, protocol: 'http2', body: 'small', load: smallLoad, requests: 200_000 },
  },
  {
    // One request in flight on each connection: no OTLP client pipelines.
    title: 'receive and discard: OTLP/HTTP 1.1 small',
    ...{ ...discard, protocol: 'http1', body: 'small', load: singleFlightLoad, requests: 150_000 },
  },
];

export const recordsPerBody = { big: 1000, small: 10 } as const;
