// ghz, a load generator of the gRPC world (an old grpc-go inside): built from its Go module, one
// export of one record a call.

import type { CertificateFiles } from '../certificates.ts';
import { modulesGoProgram } from './go-program.ts';
import { runToEnd } from './run-to-end.ts';

export interface GhzOptions {
  readonly port: number;
  readonly files: CertificateFiles;
  /** Each call sends one record, numbered in the attribute `record.number`, from 0. */
  readonly callCount: number;
  readonly connectionCount: number;
  /** Calls in flight, over all connections. */
  readonly concurrency: number;
  readonly gzip: boolean;
  /** Becomes the resource attribute `run.id`. */
  readonly runId: string;
}

const protoPath = new URL('../../../proto', import.meta.url).pathname;
const service = 'opentelemetry.proto.collector.logs.v1.LogsService';

/** How many calls ended with each gRPC status, by its name: `{ OK: 500 }`. */
export async function runGhz(options: GhzOptions): Promise<Record<string, number>> {
  const { files } = options;
  const lines = await runToEnd({
    name: 'ghz',
    command: await ghzPath(),
    args: [
      ...['--proto', `${protoPath}/opentelemetry/proto/collector/logs/v1/logs_service.proto`],
      ...['--import-paths', protoPath, '--call', `${service}/Export`],
      ...['--cacert', files.ca, '--cert', files.clientCert, '--key', files.clientKey],
      ...['--total', String(options.callCount), '--concurrency', String(options.concurrency)],
      ...['--connections', String(options.connectionCount), '--keepalive', '10s'],
      ...(options.gzip ? ['--enable-compression'] : []),
      ...['--data', callTemplate(options.runId), '--format', 'json'],
      `localhost:${options.port}`,
    ],
  });
  // ghz's own report; its field is null when no call came to an end.
  const report = JSON.parse(lines.join('\n')) as { statusCodeDistribution?: object };
  return { ...report.statusCodeDistribution };
}

function ghzPath(): Promise<string> {
  return modulesGoProgram({
    module: 'github.com/bojand/ghz',
    version: '0.93.0',
    folder: 'cmd/ghz',
  });
}

/** ghz fills in what stands in double braces. */
function callTemplate(runId: string): string {
  const record = {
    body: { stringValue: 'line {{.RequestNumber}} of ghz' },
    attributes: [{ key: 'record.number', value: { intValue: '{{.RequestNumber}}' } }],
  };
  const resource = { attributes: [{ key: 'run.id', value: { stringValue: runId } }] };
  return JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] });
}
