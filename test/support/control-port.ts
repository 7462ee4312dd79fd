// A control port in this process, over an engine that a test makes up, with a clock that moves by
// hand.

import type { TestContext } from 'node:test';
import { ControlListener } from '../../src/control/control-listener.ts';
import type { EngineView } from '../../src/control/engine-view.ts';
import { createLog } from '../../src/log.ts';
import type { PemPair } from '../../src/tls/certificate-authority.ts';
import { issue } from '../../src/tls/certificate-authority.ts';
import { testCertificates } from './certificates.ts';
import { ControlRig } from './control-rig.ts';

export interface ControlPort {
  readonly rig: ControlRig;
  readonly listener: ControlListener;
  readonly port: number;
  /** As text, for looking for something in it. */
  logged(): string;
  readonly operator: PemPair;
  readonly viewer: PemPair;
  /** No role. */
  readonly producer: PemPair;
  /** Closed at the end of the test. */
  keep<Closing extends { close(): void }>(client: Closing): Closing;
}

/** The engine starts until listener.attach(). */
export async function openControlPort(context: TestContext): Promise<ControlPort> {
  const { caPem, ca, server } = await testCertificates();
  const rig = new ControlRig({ hasVault: false });
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const listener = await ControlListener.listen({
    config: {
      ...{ host: '127.0.0.1', port: 0 },
      tls: {
        ...{ clientCa: { pem: caPem }, cert: { pem: server.certPem }, key: { pem: server.keyPem } },
        reloadIntervalMs: 10_000,
      },
      roles: { viewer: ['OU=gophership-viewer'], operator: ['OU=gophership-operator'] },
    },
    metrics: { compat: 'none' },
    certificates: [],
    clock: rig.clock,
    log: createLog({ level: 'debug', format: 'text', destination, clock: rig.clock }),
  });
  const clients: { close(): void }[] = [];
  context.after(async () => {
    for (const client of clients) client.close();
    await listener.close();
  });
  const client = (organizationalUnit: string) =>
    issue({
      ca,
      commonName: organizationalUnit,
      organizationalUnit,
      usage: 'client',
      daysValid: 1,
    });
  return {
    ...{ rig, listener, port: listener.port },
    logged: () => lines.join(''),
    operator: await client('gophership-operator'),
    viewer: await client('gophership-viewer'),
    producer: await client('gophership-producer'),
    keep(kept) {
      clients.push(kept);
      return kept;
    },
  };
}

/** The same engine, but for what is said here. */
export function viewWith(rig: ControlRig, changes: Partial<EngineView>): EngineView {
  return { ...rig.view, ...changes };
}
