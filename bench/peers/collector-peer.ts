// The OpenTelemetry Collector as the bench runs it. It answers before the downstream has the data,
// which GopherShip never does; otherwise both do the same work.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateFiles } from '../../test/support/certificates.ts';
import {
  type CollectorConfig,
  collectorReceiver,
  collectorVersion,
  startCollector,
} from '../../test/support/peers/collector.ts';
import type { Scenario } from '../scenarios.ts';
import {
  attributesAdded,
  type BenchPeer,
  type BenchPeerOptions,
  type PeerStarter,
} from './bench-peer.ts';

export const collectorPeer: PeerStarter = {
  name: `OpenTelemetry Collector ${collectorVersion}`,
  start: startCollectorPeer,
  share,
};

/** It syncs a small request in a millisecond of CPU, and a big one at 50 to 65 MB/cpu-s. */
function share({ path, body }: Scenario): number {
  if (path !== 'durable') return 1;
  return body === 'small' ? 1 / 40 : 1 / 6;
}

async function startCollectorPeer(options: BenchPeerOptions): Promise<BenchPeer> {
  const collector = await startCollector('peer', collectorConfig(options));
  return {
    port: options.protocol === 'grpc' ? collector.grpcPort : collector.httpPort,
    pid: collector.pid,
    // It sends an empty partial_success.
    okAnswerSizeBytes: 7,
    usage: () => collector.usage(),
    async stop() {
      await collector.stop();
    },
    kill: () => collector.kill(),
  };
}

function collectorConfig(options: BenchPeerOptions): CollectorConfig {
  const { path, protocol, files, sinkPort, directory } = options;
  const receivers = collectorReceiver([protocol === 'grpc' ? 'grpc' : 'http'], {
    client_ca_file: files.ca,
    cert_file: files.serverCert,
    key_file: files.serverKey,
    min_version: '1.3',
  });
  switch (path) {
    case 'forward': {
      const attributes = attributesAdded.map(([key, value]) => ({ key, value, action: 'upsert' }));
      // Without this it drops what its queue cannot hold, and the counts would not add up.
      const queue = { sending_queue: { block_on_overflow: true } };
      return {
        receivers,
        processors: { resource: { attributes }, batch: {} },
        exporters: { otlp_grpc: { ...toPort(sinkPort, files), ...queue } },
      };
    }
    case 'discard':
      return { receivers, exporters: { nop: {} } };
    case 'durable':
      return { receivers, ...persistentQueue(toPort(1, files), directory) };
    case 'drain':
      return { receivers, ...persistentQueue(toPort(sinkPort, files), directory) };
    default:
      return path satisfies never;
  }
}

export function toPort(port: number, files: CertificateFiles): object {
  return {
    endpoint: `localhost:${port}`,
    tls: { ca_file: files.ca, cert_file: files.clientCert, key_file: files.clientKey },
    compression: 'none',
  };
}

/** A queue on disk, synced at each write, that never gives a batch up. */
export function persistentQueue(
  destination: object,
  directory: string,
): Omit<CollectorConfig, 'receivers'> {
  const queuePath = join(directory, 'queue');
  mkdirSync(queuePath, { recursive: true });
  return {
    exporters: {
      otlp_grpc: {
        ...destination,
        sending_queue: { storage: 'file_storage', queue_size: 10_000_000, sizer: 'requests' },
        retry_on_failure: { max_elapsed_time: '0s' },
      },
    },
    extensions: { file_storage: { directory: queuePath, fsync: true } },
  };
}
