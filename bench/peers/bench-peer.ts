// What the bench asks of an engine that it measures, ours or another: a port that takes OTLP over
// mTLS, and the cost of the process so far.

import type { CertificateFiles } from '../../test/support/certificates.ts';
import type { ProcessUsage } from '../../test/support/process-usage.ts';

/** `forward`: two resource attributes added, batched, sent on over TLS uncompressed. */
export type BenchPath = 'forward' | 'discard';

export interface BenchPeerOptions {
  readonly path: BenchPath;
  readonly files: CertificateFiles;
  readonly sinkPort: number;
}

export interface BenchPeer {
  readonly name: string;
  readonly port: number;
  usage(): ProcessUsage;
  stop(): Promise<number>;
}

/** The same for every engine. */
export const attributesAdded: readonly (readonly [key: string, value: string])[] = [
  ['deployment.environment.name', 'bench'],
  ['host.name', 'bench-host'],
];
