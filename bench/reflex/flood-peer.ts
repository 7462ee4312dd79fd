// What the flood asks of an engine: it runs in a memory box with nowhere to send to, keeps what it
// acknowledges on disk, and can be asked after its death what of it is there.

import type { CertificateFiles } from '../../test/support/certificates.ts';
import type { MemoryBox } from '../../test/support/memory-box.ts';
import type { Bench } from '../measurement.ts';

export interface FloodPeerOptions {
  readonly files: CertificateFiles;
  readonly box: MemoryBox;
  readonly boxMiB: number;
  /** For what it stores; outlives it. */
  readonly directory: string;
}

export interface FloodedEngine {
  readonly port: number;
  /** Of a gRPC message that says OK. */
  readonly okAnswerSizeBytes: number;
  readonly isAlive: boolean;
  cpuSeconds(): number;
  /** SIGKILL. Harmless on one that has ended. */
  kill(): Promise<void>;
}

export interface FloodPeer {
  readonly name: string;
  /** Of a flood's time: the peer needs much longer than we to give back what it stored. */
  readonly timeShare: number;
  start(options: FloodPeerOptions): Promise<FloodedEngine>;
  /** After its death. Requests of `body` that are on disk; NaN when that cannot be found out. */
  countStored(bench: Bench, stored: StoredFlood): Promise<number>;
}

export interface StoredFlood {
  readonly directory: string;
  readonly acknowledged: number;
  readonly recordsPerRequest: number;
}
