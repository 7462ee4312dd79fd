// An engine's control service without an engine or a network, and a terminal that keeps what is
// written to it: for the unit tests of gs-ctl.

import assert from 'node:assert/strict';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type ConnectRouter, createRouterTransport, type ServiceImpl } from '@connectrpc/connect';
import { ControlClient } from '../../src/ctl/control-client.ts';
import type { ControlConnection } from '../../src/ctl/control-connection.ts';
import type { OutputFormat, Terminal } from '../../src/ctl/terminal.ts';
import {
  ControlService,
  Destination_State,
  SignalUnit,
  type Status,
  StatusSchema,
  Zone,
} from '../../src/generated/gophership/control/v1/control_pb.js';
import {
  Health,
  type HealthCheckResponse_ServingStatus,
} from '../../src/generated/grpc/health/v1/health_pb.js';
import { printable } from '../../src/tls/printable.ts';

export type FakeService = Partial<ServiceImpl<typeof ControlService>>;

export interface FakeEngine {
  readonly service?: FakeService;
  readonly health?: HealthCheckResponse_ServingStatus;
  readonly connection?: Partial<ControlConnection>;
  /** Adds services. */
  readonly serve?: (router: ConnectRouter) => void;
}

/** What the engine does not have is UNIMPLEMENTED, as with any engine. */
export function fakeControl({ service, health, connection, serve }: FakeEngine): ControlClient {
  const transport = createRouterTransport((router) => {
    router.service(ControlService, service ?? {});
    serve?.(router);
    if (health !== undefined) router.service(Health, { check: () => ({ status: health }) });
  });
  return new ControlClient({
    address: 'engine:4319',
    transport,
    timeoutMs: 5_000,
    over: new AbortController().signal,
    hasSpoken: true,
    fault: () => Promise.resolve(undefined),
    keepAlive() {},
    close() {},
    ...connection,
  });
}

export interface FakeTerminal extends Terminal {
  /** All of stdout so far. */
  readonly shown: () => string;
  /** All of stderr so far. */
  readonly told: () => string;
}

/** @param answer what is typed when something is asked; undefined: nobody is there */
export function fakeTerminal(format: OutputFormat = 'table', answer?: string): FakeTerminal {
  let shown = '';
  let told = '';
  return {
    out: (text) => {
      shown += text;
    },
    talk: (text) => {
      told += text;
    },
    environment: {},
    directory: '/nowhere',
    format,
    shown: () => shown,
    told: () => told,
    ...(answer === undefined ? {} : { ask: () => Promise.resolve(answer) }),
  };
}

/** Nothing in the text could take over a terminal. */
export function checkPrintable(text: string): void {
  for (const line of text.split('\n')) assert.equal(line, printable(line));
}

type StatusChanges = Exclude<MessageInitShape<typeof StatusSchema>, Status>;

/** An engine in Yellow with one of everything. */
export function statusSample(changes: StatusChanges = {}): Status {
  return create(StatusSchema, {
    version: '1.2.3',
    host: 'web-1',
    time: timestampFromMs(Date.UTC(2026, 0, 2, 3, 4, 5)),
    uptime: durationFromMs(3_720_000),
    zone: {
      zone: Zone.YELLOW,
      computedZone: Zone.YELLOW,
      duration: durationFromMs(12_000),
      reason: 'arena_percent 71.3 % (until below 48 %)',
    },
    signals: [
      {
        ...{ name: 'arena_percent', unit: SignalUnit.PERCENT, value: 71.26 },
        ...{ yellow: 60, red: 85, holds: Zone.YELLOW, release: 48 },
      },
      {
        ...{ name: 'memory_exhaustion', unit: SignalUnit.MILLISECONDS },
        ...{ value: Number.POSITIVE_INFINITY, yellow: 30_000, red: 5_000, holds: Zone.GREEN },
      },
    ],
    flow: {
      ...{ receivedBatches: 1_234, receivedRecords: 56_789, receivedBytes: 3 * 1024 * 1024 },
      ...{ ackedBatches: 1_200, ackedRecords: 55_000, vaultedBatches: 20, refusedBatches: 4 },
      ...{ inFlightBatches: 30, inFlightBytes: 2_048, openConnections: 7, parkedConnections: 1 },
    },
    destinations: [
      {
        ...{ id: 'otlp_grpc/central', state: Destination_State.DOWN, isRequired: true },
        ...{ deliveredBatches: 1_180, queuedBatches: 9, inFlightRequests: 2, vaultBatches: 20 },
      },
    ],
    vault: { state: 'open', limitBytes: 8 * 1024 ** 3, usedBytes: 1024 ** 3, segmentCount: 16 },
    replay: { state: 'waits', replayedBatches: 5, waitingBatches: 20 },
    ...changes,
  });
}
