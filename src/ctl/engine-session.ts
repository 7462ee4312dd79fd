// One HTTP/2 connection of gs-ctl to an engine. Remembers why it ended, which streams do not say,
// and whether the engine ever spoke, because a refused certificate shows as a closed connection.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { ConnectionOptions } from 'node:tls';
import { systemClock } from '../clock.ts';

export class EngineSession {
  /** As URLs have it: "https://host:port". */
  readonly authority: string;
  /** Fulfilled when the connection is over. */
  readonly ended: Promise<void>;
  readonly #session: ClientHttp2Session;
  /** Why the connection ended; streams only say that they were closed. */
  #fault: Error | undefined;
  /** False until the server's SETTINGS: it has not spoken HTTP/2 yet. */
  #greeted = false;

  constructor(host: string, port: number, options: ConnectionOptions) {
    this.authority = `https://${addressText(host, port)}`;
    this.#session = connect(this.authority, options);
    this.ended = new Promise((resolve) => {
      this.#session.once('close', resolve);
    });
    this.#session.once('remoteSettings', () => {
      this.#greeted = true;
    });
    this.#session.on('error', (error) => {
      this.#fault ??= error;
    });
  }

  get isAlive(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  /** The engine has answered at least with the beginning of HTTP/2. */
  get hasSpoken(): boolean {
    return this.#greeted;
  }

  /** Of a connection that is over it is an error of the stream. */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    return this.#session.request(headers);
  }

  /** Undefined while the connection lives. Once it does not, waits for it to say why. */
  async fault(): Promise<Error | undefined> {
    if (this.isAlive) return undefined;
    // Streams end before the session says why it ended.
    await this.ended;
    return this.reason();
  }

  /** Of a connection that is over. */
  reason(): Error {
    const code = this.#fault !== undefined && 'code' in this.#fault ? String(this.#fault.code) : '';
    if (!this.#greeted && /^(ECONNRESET|EPIPE|ERR_HTTP2_.*|)$/.test(code)) {
      return new ClosedUnspoken('the server closed the connection before it said anything');
    }
    return this.#fault ?? new Error('the connection was closed before the answer');
  }

  /** Asks again and again whether the engine is still there: some streams say nothing for hours. */
  keepAlive(): void {
    if (!this.isAlive) return;
    if (!this.#greeted) {
      this.#session.once('remoteSettings', () => this.keepAlive());
      return;
    }
    const patience = systemClock.after(pingPatienceMs, () => {
      this.#fault ??= new Error(`nothing came for ${pingPatienceMs / 1_000} s`);
      this.#session.destroy();
    });
    this.#session.ping((error) => {
      patience.cancel();
      if (error === null) systemClock.after(pingIntervalMs, () => this.keepAlive());
    });
  }

  close(): void {
    this.#session.destroy();
  }
}

/** host:port, as messages and URLs have it. */
export function addressText(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * The server ended the connection before it said anything: what Node's TLS server does to a
 * certificate it refuses.
 */
export class ClosedUnspoken extends Error {
  override readonly name = 'ClosedUnspoken';
}

const pingIntervalMs = 10_000;
const pingPatienceMs = 10_000;
