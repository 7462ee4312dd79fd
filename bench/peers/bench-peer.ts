// What the bench asks of an engine that it measures, ours or another: a port that takes OTLP over
// mTLS, and the cost of the process so far.

import type { CertificateFiles } from '../../test/support/certificates.ts';
import type { ProcessUsage } from '../../test/support/process-usage.ts';
import type { LoadProtocol } from '../load/h2-load.ts';

/**
 * `forward`: two resource attributes added, batched, sent on over TLS uncompressed. `durable`: on
 * disk and synced before the answer, with a destination that is not there. `drain`: what `durable`
 * left in the same directory goes to the sink, as fast as it can.
 */
export type BenchPath = 'forward' | 'discard' | 'durable' | 'drain';

/** Small requests, big ones, and real log lines. */
export type BodyName = 'big' | 'small' | 'real';

export interface BenchPeerOptions {
  readonly path: BenchPath;
  /** The only one that the engine listens for. */
  readonly protocol: LoadProtocol;
  readonly files: CertificateFiles;
  readonly sinkPort: number;
  /** For what the engine stores. It outlives the process; whoever made it removes it. */
  readonly directory: string;
}

export interface BenchPeer {
  readonly port: number;
  readonly pid: number;
  usage(): ProcessUsage;
  /** Of a gRPC message that says OK: not every engine leaves the message empty. */
  readonly okAnswerSizeBytes: number;
  /** SIGTERM; rejects when it does not end well. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. Harmless on one that has ended. */
  kill(): Promise<void>;
}

export interface PeerStarter {
  /** As the report has it. */
  readonly name: string;
  /** Of an earlier commit: what it cannot run yet is no failure of the bench. */
  readonly isEarlier?: boolean;
  start(options: BenchPeerOptions): Promise<BenchPeer>;
  /** Of a scenario's requests, for an engine that needs much longer for one; else all of them. */
  share?(scenario: { readonly path: BenchPath; readonly body: BodyName }): number;
}

/** The same for every engine. */
export const attributesAdded: readonly (readonly [key: string, value: string])[] = [
  ['deployment.environment.name', 'bench'],
  ['host.name', 'bench-host'],
];
