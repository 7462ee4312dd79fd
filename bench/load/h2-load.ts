// Runs h2load (Debian package nghttp2-client) with a client certificate: a fixed number of equal
// requests, so that what was acknowledged can be compared with what the sink received.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CertificateFiles } from '../../test/support/certificates.ts';
import { grpcLogsPath, httpLogsPath } from './logs-path.ts';

/** OTLP/gRPC, and OTLP/HTTP with protobuf over HTTP/2 and HTTP/1.1. */
export type LoadProtocol = 'grpc' | 'http2' | 'http1';

export interface LoadShape {
  readonly connections: number;
  readonly streamsPerConnection: number;
}

export interface LoadOptions extends LoadShape {
  readonly port: number;
  /** A gRPC frame, or for OTLP/HTTP the message alone. */
  readonly bodyPath: string;
  readonly requests: number;
  /** As many requests as fit into that time, whatever `requests` says. */
  readonly seconds?: number | undefined;
  /** gRPC when absent. */
  readonly protocol?: LoadProtocol;
  /** Over all connections; as fast as answers come when absent. */
  readonly requestsPerSecond?: number;
  /** Of a gRPC message that says OK; default: an empty one, which is a prefix of 5 bytes. */
  readonly okAnswerSizeBytes?: number;
  /** Gets a line for every request (request-log.ts). */
  readonly logPath?: string;
}

export interface LoadResult {
  readonly seconds: number;
  /** Answers that say OK. */
  readonly succeeded: number;
  /** With HTTP 200 and a gRPC status that is not OK. */
  readonly refused: number;
  readonly failed: number;
  /** From the first byte of a request to the end of its answer. */
  readonly latencyMeanMs: number;
  readonly latencyMaxMs: number;
}

export interface H2Load {
  run(options: LoadOptions): Promise<LoadResult>;
}

/** Builds the certificate shim into `directory`. */
export async function prepareH2Load(directory: string, files: CertificateFiles): Promise<H2Load> {
  const sourcePath = new URL('./client-certificate.c', import.meta.url).pathname;
  const shimPath = join(directory, 'client-certificate.so');
  await execute('cc', ['-shared', '-fPIC', '-O1', '-o', shimPath, sourcePath, '-ldl']);
  const env = {
    ...process.env,
    LD_PRELOAD: shimPath,
    BENCH_CLIENT_CERTIFICATE: files.clientCert,
    BENCH_CLIENT_KEY: files.clientKey,
  };
  return {
    async run(options) {
      const stdout = await runInTime(h2loadArguments(options), env, options.seconds);
      return parse(stdout, options);
    },
  };
}

export function h2loadArguments(options: LoadOptions): string[] {
  const { seconds } = options;
  return [
    ...(seconds === undefined ? ['-n', String(options.requests)] : ['-D', String(seconds)]),
    ...['-c', String(options.connections)],
    ...['-m', String(options.streamsPerConnection), '-d', options.bodyPath],
    ...rateArguments(options),
    ...(options.logPath === undefined ? [] : [`--log-file=${options.logPath}`]),
    ...protocolArguments(options.protocol ?? 'grpc', `https://127.0.0.1:${options.port}`),
  ];
}

// h2load wants the rate of one connection. It sends what is due every 10 ms or so, so requests
// come in small heaps, as they do from agents that flush by a timer.
function rateArguments({ requestsPerSecond, connections }: LoadOptions): string[] {
  return requestsPerSecond === undefined ? [] : [`--rps=${requestsPerSecond / connections}`];
}

function protocolArguments(protocol: LoadProtocol, origin: string): string[] {
  switch (protocol) {
    case 'grpc': {
      const fields = ['-H', 'content-type: application/grpc', '-H', 'te: trailers'];
      return [...fields, `${origin}${grpcLogsPath}`];
    }
    case 'http2':
      return ['-H', 'content-type: application/x-protobuf', `${origin}${httpLogsPath}`];
    case 'http1':
      return ['--h1', ...protocolArguments('http2', origin)];
    default:
      return protocol satisfies never;
  }
}

const execute = promisify(execFile);
const lateSeconds = 30;

/** For connections that wait for a place at the server h2load waits too, whatever the duration. */
async function runInTime(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  seconds: number | undefined,
): Promise<string> {
  const timeout = seconds === undefined ? 0 : 1000 * (seconds + lateSeconds);
  try {
    return (await execute('h2load', args, { env, timeout })).stdout;
  } catch (cause) {
    const isLate = cause instanceof Error && 'killed' in cause && cause.killed === true;
    throw isLate ? new Error(`h2load had not ended ${lateSeconds} s later`, { cause }) : cause;
  }
}

// h2load counts HTTP 200, which gRPC answers always are. One that refuses has no message, so the
// bytes of data say how many were OK.
//
// finished in 1.23s, 4871.03 req/s, 850.00MB/s
// requests: 6000 total, 6000 started, 6000 done, 6000 succeeded, 0 failed, 0 errored, 0 timeout
// traffic: 6.69KB (6848) total, 1.95KB (2000) headers (space savings 47.37%), 500B (500) data
// time for request:     1.02ms    90.10ms     5.12ms     3.00ms    80.00%   (min max mean sd +/-)
function parse(output: string, options: LoadOptions): LoadResult {
  const { protocol = 'grpc', okAnswerSizeBytes = 5 } = options;
  const match = (pattern: RegExp) => {
    const found = pattern.exec(output);
    if (found === null) throw new Error(`h2load printed no ${pattern}:\n${output}`);
    return found;
  };
  const requests = match(/(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/);
  const request = match(/time for request:\s+\S+\s+(\S+)\s+(\S+)/);
  const answered = Number(requests[1]);
  const withMessage = Math.floor(Number(match(/\((\d+)\) data/)[1]) / okAnswerSizeBytes);
  const succeeded = protocol === 'grpc' ? Math.min(answered, withMessage) : answered;
  return {
    seconds: milliseconds(match(/finished in ([\d.]+m?u?s)/)[1]) / 1000,
    succeeded,
    refused: answered - succeeded,
    failed: Number(requests[2]) + Number(requests[3]) + Number(requests[4]),
    latencyMaxMs: milliseconds(request[1]),
    latencyMeanMs: milliseconds(request[2]),
  };
}

function milliseconds(text = ''): number {
  const factor = text.endsWith('us') ? 0.001 : text.endsWith('ms') ? 1 : 1000;
  return Number.parseFloat(text) * factor;
}
