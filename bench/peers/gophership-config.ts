// GopherShip's configuration for every path that the bench measures.

import { join } from 'node:path';
import { clientTls, listenerTls } from '../../test/interop/interop-pipeline.ts';
import type { CertificateFiles } from '../../test/support/certificates.ts';
import type { LoadProtocol } from '../load/h2-load.ts';
import { attributesAdded, type BenchPeerOptions } from './bench-peer.ts';

export function peerConfig(options: BenchPeerOptions): object {
  const { path, protocol, files, sinkPort, directory } = options;
  switch (path) {
    case 'forward': {
      const attributes = attributesAdded.map(([key, value]) => ({ key, value, action: 'upsert' }));
      const parts = {
        processors: { resource: { attributes } },
        exporters: toPort(sinkPort, files),
      };
      return pipeline(protocol, files, parts);
    }
    case 'discard': {
      // One line a second: what is left is receiving and answering.
      const debug = { verbosity: 'basic', sampling_initial: 1, sampling_thereafter: 1_000_000 };
      return pipeline(protocol, files, { processors: {}, exporters: { debug } });
    }
    case 'durable':
      return vaultConfig({ protocol, files, directory, zone: 'red' });
    case 'drain':
      return vaultConfig({ protocol, files, directory, zone: 'green', sinkPort });
    default:
      return path satisfies never;
  }
}

export interface VaultConfigOptions {
  /** gRPC when absent. */
  readonly protocol?: LoadProtocol;
  readonly files: CertificateFiles;
  /** The vault is a folder in it. */
  readonly directory: string;
  /** Red: everything goes to the vault, and nothing is replayed. */
  readonly zone: 'red' | 'green';
  /** Nothing listens at the destination when absent. */
  readonly sinkPort?: number;
  /** Of the vault; when absent so much that no row fills half of it. */
  readonly limit?: string;
  /** Of the replay; as fast as it can when absent. */
  readonly replayRate?: string;
}

/** The replay begins in Red at half of it. */
const vaultLimit = '64GiB';
const rateMax = '64GiB/s';

export function vaultConfig(options: VaultConfigOptions): object {
  const { protocol = 'grpc', files, directory, zone, sinkPort } = options;
  const { limit = vaultLimit, replayRate = rateMax } = options;
  return {
    ...pipeline(protocol, files, { processors: {}, exporters: toPort(sinkPort ?? 1, files) }),
    zones: { force: zone },
    vault: { directory: join(directory, 'vault'), limit, min_free: '1GiB' },
    replay: { rate: replayRate },
  };
}

interface PipelineParts {
  readonly processors: Readonly<Record<string, object>>;
  readonly exporters: Readonly<Record<string, object>>;
}

function pipeline(
  protocol: LoadProtocol,
  files: CertificateFiles,
  { processors, exporters }: PipelineParts,
): object {
  const listener = { endpoint: '127.0.0.1:0', tls: listenerTls(files) };
  return {
    receivers: { otlp: { protocols: { [transportOf(protocol)]: listener } } },
    processors,
    exporters,
    service: {
      pipelines: {
        logs: {
          receivers: ['otlp'],
          processors: Object.keys(processors),
          exporters: Object.keys(exporters),
        },
      },
    },
  };
}

export function transportOf(protocol: LoadProtocol): 'grpc' | 'http' {
  return protocol === 'grpc' ? 'grpc' : 'http';
}

function toPort(port: number, files: CertificateFiles): Record<string, object> {
  const endpoint = `localhost:${port}`;
  return { otlp_grpc: { endpoint, tls: clientTls(files), compression: 'none' } };
}
