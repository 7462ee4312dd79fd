// The engine's configuration in the demo: what a user would write, with a small limit of memory and
// zones that last as long as the story gives them.

import type { CertificateFolder } from '../../src/tls/certificate-folder.ts';
import type { Story } from './story.ts';

export const memoryLimitMiB = 160;
export const vaultLimitGiB = 4;
/** Of the file system, never taken. */
export const minFreeGiB = 1;

export function engineConfig(
  vaultPath: string,
  certificates: CertificateFolder,
  sinkPort: number,
  story: Story,
): object {
  const { caCert, serverCert, serverKey, clientCert, clientKey } = certificates;
  const listenerTls = { client_ca_file: caCert, cert_file: serverCert, key_file: serverKey };
  const clientTls = { ca_file: caCert, cert_file: clientCert, key_file: clientKey };
  return {
    receivers: { otlp: { protocols: { grpc: { endpoint: '127.0.0.1:0', tls: listenerTls } } } },
    processors: {
      resource: { attributes: [{ key: 'host.name', value: 'demo', action: 'upsert' }] },
    },
    exporters: {
      otlp_grpc: {
        endpoint: `localhost:${sinkPort}`,
        tls: clientTls,
        compression: 'none',
        // A visitor does not wait long for the engine to notice that the downstream is back.
        retry_on_failure: { initial_interval: '500ms', max_interval: '1s' },
      },
    },
    service: {
      pipelines: {
        logs: { receivers: ['otlp'], processors: ['resource'], exporters: ['otlp_grpc'] },
      },
    },
    // One shard, as on two CPUs: the story is the same on larger machines.
    memory: { limit_mib: memoryLimitMiB, shards: 1 },
    zones: { red_dwell: `${story.redDwellMs}ms`, yellow_dwell: `${story.yellowDwellMs}ms` },
    vault: {
      directory: vaultPath,
      limit: `${vaultLimitGiB}GiB`,
      min_free: `${minFreeGiB}GiB`,
      segment_size: '16MiB',
    },
    // Also where a busy laptop keeps it Yellow, the backlog is gone within the minute.
    replay: { rate: '200MiB/s', yellow_rate: '100MiB/s' },
    control: { endpoint: '127.0.0.1:0' },
    telemetry: { logs: { format: 'json' } },
  };
}
