// What the bench asks of an engine that it measures, ours or another: a port that takes OTLP over
// mTLS, and the cost of the process so far.

import type { CertificateFiles } from '../../test/support/certificates.ts';
import type { ProcessUsage } from '../../test/support/process-usage.ts';
import type { LoadProtocol } from '../load/h2-load.ts';

/** `forward`: two resource attributes added, batched, sent on over TLS uncompressed. */
export type BenchPath = 'forward' | 'discard';

export interface BenchPeerOptions {
  readonly path: BenchPath;
  /** The only one that the engine listens for. */
  readonly protocol: LoadProtocol;
  readonly files: CertificateFiles;
  readonly sinkPort: number;
}

export interface BenchPeer {
  readonly port: number;
  usage(): ProcessUsage;
  /** Requests that it refused in its life, where it keeps books about them. */
  stop(): Promise<number | undefined>;
}

export interface PeerStarter {
  /** As the report has it. */
  readonly name: string;
  start(options: BenchPeerOptions): Promise<BenchPeer>;
}

/** The same for every engine. */
export const attributesAdded: readonly (readonly [key: string, value: string])[] = [
  ['deployment.environment.name', 'bench'],
  ['host.name', 'bench-host'],
];
