// h2load, nghttp2's load generator (Debian package nghttp2-client): one body sent many times over
// several connections, with a client certificate by way of a preloaded library.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateFiles } from '../certificates.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { cachedPeer, runBuildStep } from './peer-cache.ts';
import { runToEnd } from './run-to-end.ts';

export interface H2loadOptions {
  readonly port: number;
  readonly files: CertificateFiles;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  readonly requestCount: number;
  readonly connectionCount: number;
  /** Requests in flight on each connection; 1 over HTTP/1.1. */
  readonly streamCount: number;
  readonly version: '1.1' | '2';
}

/** How many requests were answered with 2xx; what a gRPC answer says, h2load does not look at. */
export async function runH2load(options: H2loadOptions): Promise<number> {
  const { files } = options;
  const directory = temporaryDirectory('h2load');
  const bodyPath = join(directory.path, 'body');
  writeFileSync(bodyPath, options.body);
  try {
    const lines = await runToEnd({
      name: 'h2load',
      command: 'h2load',
      args: [
        ...['-n', String(options.requestCount), '-c', String(options.connectionCount)],
        ...['-m', String(options.streamCount), '-d', bodyPath],
        ...(options.version === '1.1' ? ['--h1'] : []),
        ...options.headers.flatMap((header) => ['-H', header]),
        `https://localhost:${options.port}${options.path}`,
      ],
      env: {
        LD_PRELOAD: await certificateLibraryPath(),
        BENCH_CLIENT_CERTIFICATE: files.clientCert,
        BENCH_CLIENT_KEY: files.clientKey,
      },
    });
    return succeededCount(lines);
  } finally {
    directory.remove();
  }
}

function certificateLibraryPath(): Promise<string> {
  const source = new URL('../../../bench/load/client-certificate.c', import.meta.url).pathname;
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 8);
  return cachedPeer(`client-certificate-${hash}.so`, async (directory) => {
    const path = join(directory, 'client-certificate.so');
    await runBuildStep('cc', ['-shared', '-fPIC', '-O1', '-o', path, source, '-ldl'], {
      cwd: directory,
    });
    return path;
  });
}

// status codes: 500 2xx, 0 3xx, 0 4xx, 0 5xx
function succeededCount(lines: readonly string[]): number {
  const count = /status codes: (\d+) 2xx/.exec(lines.join('\n'))?.[1];
  if (count === undefined) throw new Error(`h2load printed no result:\n${lines.join('\n')}`);
  return Number(count);
}
