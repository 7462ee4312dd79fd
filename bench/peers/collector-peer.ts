// The OpenTelemetry Collector as the bench runs it. It answers before the downstream has the data,
// which GopherShip never does; otherwise both do the same work.

import {
  type CollectorConfig,
  collectorReceiver,
  collectorVersion,
  startCollector,
} from '../../test/support/peers/collector.ts';
import { attributesAdded, type BenchPeer, type BenchPeerOptions } from './bench-peer.ts';

export async function startCollectorPeer(options: BenchPeerOptions): Promise<BenchPeer> {
  const collector = await startCollector('peer', collectorConfig(options));
  return {
    name: `OpenTelemetry Collector ${collectorVersion}`,
    port: collector.grpcPort,
    usage: () => collector.usage(),
    stop: () => collector.stop(),
  };
}

function collectorConfig({ path, files, sinkPort }: BenchPeerOptions): CollectorConfig {
  const receivers = collectorReceiver(['grpc'], {
    client_ca_file: files.ca,
    cert_file: files.serverCert,
    key_file: files.serverKey,
    min_version: '1.3',
  });
  if (path === 'discard') return { receivers, exporters: { nop: {} } };
  const attributes = attributesAdded.map(([key, value]) => ({ key, value, action: 'upsert' }));
  return {
    receivers,
    processors: { resource: { attributes }, batch: {} },
    exporters: {
      otlp_grpc: {
        endpoint: `localhost:${sinkPort}`,
        tls: { ca_file: files.ca, cert_file: files.clientCert, key_file: files.clientKey },
        compression: 'none',
        // Without this it drops what its queue cannot hold, and the counts would not add up.
        sending_queue: { block_on_overflow: true },
      },
    },
  };
}
