// Connections that do nothing, in a process of their own.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { CertificateFiles } from '../../test/support/certificates.ts';

export interface IdleConnections {
  /** Resolves with how many of them the engine has ended. */
  end(): Promise<number>;
}

/** Resolves when as many as the engine takes at once have been greeted, and the others wait. */
export async function startIdleConnections(
  port: number,
  files: CertificateFiles,
  count: number,
): Promise<IdleConnections> {
  if (count === 0) return { end: async () => 0 };
  const child = fork(
    new URL('./idle-connections-main.ts', import.meta.url),
    [String(port), String(count), files.ca, files.clientCert, files.clientKey],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  await once(child, 'message');
  return {
    async end() {
      child.send('count');
      const [ended] = await once(child, 'message');
      child.disconnect();
      return Number(ended);
    },
  };
}
