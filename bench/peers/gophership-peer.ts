// GopherShip as the bench runs it.

import { startEngine } from '../../test/support/engine-process.ts';
import { attributesAdded, type BenchPeer, type BenchPeerOptions } from './bench-peer.ts';

export async function startGopherShipPeer(options: BenchPeerOptions): Promise<BenchPeer> {
  const engine = await startEngine({ config: engineConfig(options) });
  return {
    name: 'GopherShip',
    port: engine.port,
    usage: () => engine.usage(),
    stop: () => engine.stop(),
  };
}

function engineConfig({ path, files, sinkPort }: BenchPeerOptions): object {
  const listenerTls = {
    client_ca_file: files.ca,
    cert_file: files.serverCert,
    key_file: files.serverKey,
  };
  const clientTls = {
    ca_file: files.ca,
    cert_file: files.clientCert,
    key_file: files.clientKey,
  };
  const attributes = attributesAdded.map(([key, value]) => ({ key, value, action: 'upsert' }));
  const forward = {
    otlp_grpc: { endpoint: `localhost:${sinkPort}`, tls: clientTls, compression: 'none' },
  };
  // One line a second: what is left is receiving and answering.
  const discard = {
    debug: { verbosity: 'basic', sampling_initial: 1, sampling_thereafter: 1_000_000 },
  };
  return {
    receivers: { otlp: { protocols: { grpc: { endpoint: '127.0.0.1:0', tls: listenerTls } } } },
    processors: path === 'forward' ? { resource: { attributes } } : {},
    exporters: path === 'forward' ? forward : discard,
    service: {
      pipelines: {
        logs: {
          receivers: ['otlp'],
          processors: path === 'forward' ? ['resource'] : [],
          exporters: [path === 'forward' ? 'otlp_grpc' : 'debug'],
        },
      },
    },
  };
}
