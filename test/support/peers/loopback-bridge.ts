// Carries bytes from a loopback port to a connection that the caller makes, and counts: gives a
// client that has no certificate a way into mutual TLS, and shows how a client uses connections.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import type { CertificateFiles } from '../certificates.ts';

export interface LoopbackBridge {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connectionCount: number;
  /** Reads from clients so far. While nothing is exported, each is a keepalive ping or two. */
  readonly clientReadCount: number;
  /** Rejects when the last connection ends before that. */
  untilClientReads(count: number): Promise<void>;
  close(): Promise<void>;
}

/** What a TLS client of the engine is made with. */
export interface ClientPem {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export function readClientPem(
  files: Pick<CertificateFiles, 'ca' | 'clientCert' | 'clientKey'>,
): ClientPem {
  const { ca, clientCert, clientKey } = files;
  return { ca: readFileSync(ca), cert: readFileSync(clientCert), key: readFileSync(clientKey) };
}

/** Plain TCP in, TLS with a client certificate and ALPN `h2` out. */
export function startTlsBridge(port: number, pem: ClientPem): Promise<LoopbackBridge> {
  return startBridge(() =>
    tlsConnect({ ...pem, host: '127.0.0.1', port, servername: 'localhost', ALPNProtocols: ['h2'] }),
  );
}

/** Bytes as they are, to `port` on loopback. */
export function startRelay(port: number): Promise<LoopbackBridge> {
  return startBridge(() => tcpConnect({ host: '127.0.0.1', port, noDelay: true }));
}

async function startBridge(connect: () => Socket): Promise<LoopbackBridge> {
  const sockets = new Set<Socket>();
  const watchers = new Set<() => void>();
  let connectionCount = 0;
  let clientReadCount = 0;
  const server = createServer({ noDelay: true }, (client) => {
    connectionCount += 1;
    const far = connect();
    for (const socket of [client, far]) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        for (const watcher of watchers) watcher();
      });
    }
    client.on('data', () => {
      clientReadCount += 1;
      for (const watcher of watchers) watcher();
    });
    join(client, far);
    join(far, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // a TCP server's address is no string
    get connectionCount() {
      return connectionCount;
    },
    get clientReadCount() {
      return clientReadCount;
    },
    async untilClientReads(count) {
      while (clientReadCount < count) {
        if (sockets.size === 0) throw new Error(`cut after ${clientReadCount} reads of ${count}`);
        const { promise, resolve } = Promise.withResolvers<void>();
        watchers.add(resolve);
        await promise;
        watchers.delete(resolve);
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

/** What `from` says reaches `to`, its end too: first the bytes, then the close. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  // A reset or a failed handshake: the other side sees a close, which is all that a bridge can say.
  from.on('error', () => to.destroySoon());
  from.on('close', () => to.destroySoon());
}
