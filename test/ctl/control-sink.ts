// A small control port with mTLS for the tests of gs-ctl: real TLS, real gRPC, and a service that
// answers as told.

import { once } from 'node:events';
import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { ControlService } from '../../src/generated/gophership/control/v1/control_pb.js';
import { Health } from '../../src/generated/grpc/health/v1/health_pb.js';
import { listenerOptions } from '../../src/tls/server-context.ts';
import { testCertificates } from '../support/certificates.ts';
import type { FakeEngine } from '../support/control-fake.ts';

export interface ControlSink {
  readonly address: string;
  /** Connections that are open. */
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  close(): void;
}

/**
 * An engine that lacks a service is one of another version.
 * @param port 0: any; else that of one that was there before
 */
export async function openControlSink(
  { service, health, serve }: FakeEngine,
  port = 0,
): Promise<ControlSink> {
  const { caPem, server: pair } = await testCertificates();
  const material = { ca: caPem, cert: pair.certPem, key: pair.keyPem };
  const answers = connectNodeAdapter({
    routes(router) {
      if (service !== undefined) router.service(ControlService, service);
      serve?.(router);
      if (health !== undefined) router.service(Health, { check: () => ({ status: health }) });
    },
  });
  const server = createSecureServer(
    listenerOptions({ ...material, warnings: [], expiresWallMs: undefined }, ['h2']),
    answers,
  );
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('sessionError', () => {});
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address() as AddressInfo; // listening on TCP
  return {
    address: `127.0.0.1:${bound.port}`,
    sessions,
    close() {
      server.close();
      for (const session of sessions) session.destroy();
    },
  };
}

/** Takes connections and never says anything. */
export async function openSilentPort(): Promise<{ address: string; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    address: `127.0.0.1:${port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
