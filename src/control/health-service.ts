// The health checking protocol of gRPC. Every zone is healthy, and so is an engine whose vault is
// full or has failed: one that is not ready loses its producers. Starting and draining are not.

import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import type { Clock, Timer } from '../clock.ts';
import {
  type Health,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from '../generated/grpc/health/v1/health_pb.js';
import { healthWatchStreamsMax } from '../limits.ts';
import type { EngineView } from './engine-view.ts';
import type { WatchStream } from './watch-stream.ts';
import { WatchStreams } from './watch-streams.ts';

export interface HealthParts {
  /** Undefined while the engine starts. */
  view(): Pick<EngineView, 'isDraining'> | undefined;
  readonly clock: Clock;
}

/** "": the engine as a whole. */
const services: readonly string[] = ['', 'opentelemetry.proto.collector.logs.v1.LogsService'];
const lookIntervalMs = 1_000;

export function healthService(parts: HealthParts): ServiceImpl<typeof Health> {
  const streams = new WatchStreams(healthWatchStreamsMax);
  return {
    check({ service }) {
      // As the protocol wants it; its clients look at the status alone.
      if (!services.includes(service)) throw new ConnectError('unknown service', Code.NotFound);
      return { status: statusOf(parts, service) };
    },
    watch: ({ service }, { signal }) => watch(parts, streams, service, signal),
  };
}

/** The status at once, and then whenever it is another; of a service that is unknown, too. */
function watch(
  parts: HealthParts,
  streams: WatchStreams,
  service: string,
  signal: AbortSignal,
): WatchStream<HealthCheckResponse> {
  let told = statusOf(parts, service);
  let timer: Timer | undefined;
  const stream = streams.open<HealthCheckResponse>({
    signal,
    first: () => [message(told)],
    unreadMax: 0,
    ended: () => timer?.cancel(),
  });
  const wait = () => {
    timer = parts.clock.after(lookIntervalMs, () => {
      const status = statusOf(parts, service);
      // A reader that is not there yet is told at another time what is true then.
      if (status !== told && stream.push(message(status))) told = status;
      wait();
    });
  };
  wait();
  return stream;
}

function statusOf({ view }: HealthParts, service: string): HealthCheckResponse_ServingStatus {
  if (!services.includes(service)) return HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN;
  const engine = view();
  return engine === undefined || engine.isDraining
    ? HealthCheckResponse_ServingStatus.NOT_SERVING
    : HealthCheckResponse_ServingStatus.SERVING;
}

function message(status: HealthCheckResponse_ServingStatus): HealthCheckResponse {
  return create(HealthCheckResponseSchema, { status });
}
