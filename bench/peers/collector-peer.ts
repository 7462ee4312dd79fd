// The OpenTelemetry Collector as the bench runs it. It answers before the downstream has the data,
// which GopherShip never does; otherwise both do the same work.

import {
  type CollectorConfig,
  collectorReceiver,
  collectorVersion,
  startCollector,
} from '../../test/support/peers/collector.ts';
import {
  attributesAdded,
  type BenchPeer,
  type BenchPeerOptions,
  type PeerStarter,
} from './bench-peer.ts';

export const collectorPeer: PeerStarter = {
  name: `OpenTelemetry Collector ${collectorVersion}`,
  start: startCollectorPeer,
};

async function startCollectorPeer(options: BenchPeerOptions): Promise<BenchPeer> {
  const collector = await startCollector('peer', collectorConfig(options));
  return {
    port: options.protocol === 'grpc' ? collector.grpcPort : collector.httpPort,
    usage: () => collector.usage(),
    async stop() {
      await collector.stop();
      return undefined;
    },
  };
}

function collectorConfig(options: BenchPeerOptions): CollectorConfig {
  const { path, protocol, files, sinkPort } = options;
  const receivers = collectorReceiver([protocol === 'grpc' ? 'grpc' : 'http'], {
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
