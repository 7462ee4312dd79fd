// A downstream that costs little and forgets everything but how much came: the same one for every
// engine that is measured, in a process of its own.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { CertificateFiles } from '../../test/support/certificates.ts';

export interface SinkCounts {
  readonly requests: number;
  readonly records: number;
  /** With the 5-byte gRPC prefixes. */
  readonly bytes: number;
}

export interface DiscardSink {
  readonly port: number;
  counts(): Promise<SinkCounts>;
  stop(): void;
}

export async function startDiscardSink(files: CertificateFiles): Promise<DiscardSink> {
  const child = fork(
    new URL('./discard-sink-main.ts', import.meta.url),
    [files.ca, files.serverCert, files.serverKey],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  // The child sends its port first, and counts only when asked: one question at a time.
  const [{ port }] = await once(child, 'message');
  return {
    port,
    async counts() {
      child.send('counts');
      const [counts] = await once(child, 'message');
      return counts;
    },
    stop: () => child.disconnect(),
  };
}
