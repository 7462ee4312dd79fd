// Our own sections but zones, vault and replay: memory, control, telemetry.

import type { z } from 'zod';
import { listenerEndpoint } from './endpoint.ts';
import { block, choice, count, duration, list, text } from './schema-keys.ts';
import { logLevels } from './schema-service.ts';
import { listenerTls } from './schema-tls.ts';

export const memory = block('one bound for the whole process', {
  limit_mib: count(
    64,
    4096,
    'anonymous memory of the process; 4096 because the arena is one WebAssembly memory',
    {
      type: 'MiB',
      computedDefault:
        'the smallest of 256 MiB, 84 % of the tightest cgroup limit and 25 % of the host',
    },
  ).optional(),
  shards: count(1, 8, 'threads that receive and send', {
    computedDefault: '1 on up to 2 CPUs, else half of the CPUs, at most 4',
  }).optional(),
  max_connections: count(
    1,
    4096,
    'producers connected at once, about 0.1 MiB each; more are parked, and the longest idle make way for them',
    { computedDefault: '64 at 107 MiB, 400 at 215 MiB and in proportion, from 16 to 4096' },
  ).optional(),
  stall_timeout: duration(
    '100ms',
    '10m',
    'a producer that stalls inside of a message loses its memory after this, or after a second while others wait for memory',
  ).prefault('10s'),
  admission_timeout: duration(
    '100ms',
    '1m',
    'a message that finds no memory is answered after this; SDKs give up after 10 s, retries ' +
      'included',
  ).prefault('3s'),
});

const role = text('"OU=..." or "URI=..." of a client certificate', {
  lengthMax: 512,
  pattern: /^(?:OU|URI)=./,
  mustBe: 'must begin with OU= or URI=',
});

export const control = block('control port: status, metrics, health, gs-ctl', {
  endpoint: listenerEndpoint('address to bind').prefault('localhost:4319'),
  tls: listenerTls.optional(),
  drain_timeout: duration(
    '0',
    '1h',
    'time to deliver what is in memory after SIGTERM; within the 30 s of Kubernetes',
  ).prefault('20s'),
  roles: block('who may do what, by certificate', {
    viewer: list(role, 64, 'may read').prefault(['OU=gophership-viewer']),
    operator: list(role, 64, 'may read and change').prefault(['OU=gophership-operator']),
  }).prefault({}),
});

export const telemetry = block('how we speak about ourselves', {
  logs: block('process log on stderr', {
    level: choice(logLevels, 'least level written', {
      computedDefault: 'OTEL_LOG_LEVEL, else info',
    }).optional(),
    format: choice(
      ['json', 'text', 'auto'],
      'auto: text on a terminal, JSON lines elsewhere',
    ).prefault('auto'),
  }).prefault({}),
  metrics: block('/metrics', {
    compat: choice(['otelcol', 'none'], "otelcol: the Collector's names as well as ours").prefault(
      'otelcol',
    ),
  }).prefault({}),
});

export type MemoryBlock = z.output<typeof memory>;
