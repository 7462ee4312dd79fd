// The OTLP receiver: the gRPC and HTTP listeners, with the key names of the Collector's otlp
// receiver.

import type { z } from 'zod';
import { MiB, messageSizeBytesLimit } from '../limits.ts';
import { listenerEndpoint } from './endpoint.ts';
import {
  block,
  choice,
  count,
  duration,
  noEffect,
  refused,
  relation,
  size,
  text,
} from './schema-keys.ts';
import { listenerTls } from './schema-tls.ts';

const messageMiBMax = messageSizeBytesLimit / MiB;
const messageSizeDefault = 'an eighth of the arena as a power of two, 1 to 16 MiB';
const unneeded = {
  include_metadata: noEffect('request metadata is not kept'),
  auth: refused('producers are known by their client certificate'),
  middlewares: refused('there are none'),
};

const serverParameters = block('life of a connection', {
  max_connection_age: duration(
    '1s',
    '720h',
    'connections end, ±10 %, so that producers spread again after a scale-out',
  ).prefault('1h'),
  max_connection_age_grace: duration(
    '100ms',
    '1h',
    'time for calls under way after the age is reached',
  ).prefault('30s'),
  max_connection_idle: duration('1s', '720h', 'a connection without a call ends').prefault('30m'),
  time: duration('1s', '24h', 'silence after which we ping the producer').prefault('60s'),
  timeout: duration('1s', '1h', 'a ping without an answer ends the connection').prefault('20s'),
});

const grpc = block('OTLP over gRPC, every connection TLS 1.3 with a client certificate', {
  endpoint: listenerEndpoint(
    'address to bind; the default is reached from this host only',
  ).prefault('localhost:4317'),
  tls: listenerTls,
  max_recv_msg_size_mib: count(
    1,
    messageMiBMax,
    'largest message, on the wire and after decompression; each one in flight holds a slab of ' +
      'this size',
    { type: 'MiB', computedDefault: messageSizeDefault },
  ).optional(),
  max_concurrent_streams: count(1, 1024, 'calls at once on one connection').prefault(256),
  keepalive: block('connection age and pings', {
    server_parameters: serverParameters.prefault({}),
    enforcement_policy: noEffect('pings are answered and never punished'),
  }).prefault({}),
  transport: choice(['tcp'], 'every connection is TCP', { needlessValue: 'tcp' }).optional(),
  read_buffer_size: noEffect('messages are read into the arena'),
  write_buffer_size: noEffect('answers are small'),
  ...unneeded,
});

const http = block(
  'OTLP over HTTP/2 and HTTP/1.1, every connection TLS 1.3 with a client certificate',
  {
    endpoint: listenerEndpoint(
      'address to bind; the default is reached from this host only',
    ).prefault('localhost:4318'),
    tls: listenerTls,
    max_request_body_size: size(
      '1KiB',
      `${messageMiBMax}MiB`,
      'largest body, on the wire and after decompression',
      { computedDefault: messageSizeDefault },
    ).optional(),
    max_json_body_size: size(
      '1KiB',
      `${messageMiBMax}MiB`,
      'largest JSON body; JSON costs more to read than protobuf',
    ).prefault('4MiB'),
    logs_url_path: text('path of the logs signal', {
      lengthMax: 256,
      pattern: /^\/[\w./~-]*$/,
      mustBe: 'must be a path, as /v1/logs',
    }).prefault('/v1/logs'),
    idle_timeout: duration(
      '1s',
      '24h',
      'a connection without a request ends; longer than the pools of clients keep one',
    ).prefault('10m'),
    write_timeout: noEffect('answers are small'),
    read_timeout: noEffect('memory.stall_timeout bounds a stalled request'),
    read_header_timeout: noEffect('headers must be complete in 10 s'),
    keep_alives_enabled: noEffect('connections are always kept'),
    compression_algorithms: noEffect('none, gzip and zstd are always read'),
    traces_url_path: noEffect('only logs are received'),
    metrics_url_path: noEffect('only logs are received'),
    cors: refused('browsers have no client certificate'),
    response_headers: refused('answers have no extra headers'),
    ...unneeded,
  },
);

const protocols = relation(
  block('at least one of grpc and http', { grpc: grpc.optional(), http: http.optional() }),
  (both, report) => {
    if (both.grpc === undefined && both.http === undefined) {
      report([], 'required: grpc or http, else nothing is received');
    }
  },
);

const otlp = block('the one receiver', { protocols });

export const receivers = relation(
  block('where logs come in', {
    otlp: otlp.optional(),
  }),
  (all, report) => {
    if (all.otlp === undefined) report(['otlp'], 'required: the one receiver of version 1');
  },
);

export type GrpcReceiver = z.output<typeof grpc>;
export type HttpReceiver = z.output<typeof http>;
