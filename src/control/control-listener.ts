// The control port until somebody calls: one TCP listener and the certificates. TLS, HTTP and the
// services behind them are some 10 MiB of code and are loaded for the first connection
// (control-door.ts); most engines of a fleet are asked nothing for hours.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Config, ControlConfig } from '../config/config.ts';
import { GopherShipError } from '../errors.ts';
import { controlConnectionsMax, controlSizeBytes } from '../limits.ts';
import type { Log } from '../log.ts';
import { CertificateExpiries, type WatchedSources } from '../tls/certificate-expiries.ts';
import { CertificateWatch } from '../tls/certificate-watch.ts';
import { loadMaterial, type PemMaterial } from '../tls/pem-material.ts';
import { listenerSources } from '../tls/server-context.ts';
import type { ControlDoor } from './control-door.ts';
import type { EngineView } from './engine-view.ts';
import { History } from './history.ts';

export interface ControlListenerOptions {
  readonly config: Pick<ControlConfig, 'host' | 'port' | 'tls' | 'roles'>;
  readonly metrics: Config['telemetry']['metrics'];
  /** Of receivers and destinations. */
  readonly certificates: readonly WatchedSources[];
  readonly clock: Clock;
  readonly log: Log;
}

export class ControlListener {
  readonly port: number;
  readonly #options: ControlListenerOptions;
  readonly #server: Server;
  readonly #watch: CertificateWatch;
  readonly #expiries: CertificateExpiries;
  #material: PemMaterial;
  #view: EngineView | undefined;
  #history: History | undefined;
  #door: ControlDoor | undefined;
  #opening = false;
  /** Connections that came before the door was there; not read. */
  readonly #waiting = new Set<Socket>();
  #closed = false;

  /**
   * Rejects with PORT_TAKEN or TLS_MATERIAL. From then on the probes answer, and what needs the
   * engine says that it is starting.
   */
  static async listen(options: ControlListenerOptions): Promise<ControlListener> {
    const { config, clock, log } = options;
    const material = await loadMaterial(listenerSources(config.tls), clock.wallMs());
    const server = createServer({
      pauseOnConnect: true, // a connection is read by the door only
      noDelay: true,
      // A watch may be silent for hours, and so may a peer that has gone without a word.
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    });
    const port = await listen(server, config.host, config.port);
    log.info('listening', { transport: 'control', address: config.host, port });
    return new ControlListener(options, server, port, material);
  }

  private constructor(
    options: ControlListenerOptions,
    server: Server,
    port: number,
    material: PemMaterial,
  ) {
    const { config, clock, log } = options;
    this.#options = options;
    this.#server = server;
    this.port = port;
    this.#material = material;
    const sources = listenerSources(config.tls);
    this.#expiries = new CertificateExpiries(clock);
    this.#expiries.use(sources, material);
    for (const watched of options.certificates) void this.#expiries.watch(watched);
    this.#watch = new CertificateWatch({
      ...{ name: 'control.tls', sources, initial: material },
      ...{ intervalMs: config.tls.reloadIntervalMs, clock, log },
      onChange: (changed) => {
        this.#material = changed;
        this.#expiries.use(sources, changed);
        this.#door?.setMaterial(changed);
      },
    });
    server.on('connection', (socket) => this.#arrived(socket));
  }

  /** The engine runs, and from now on there is a history of it. */
  attach(view: EngineView): void {
    this.#view = view;
    if (this.#door !== undefined) view.monitor.allowBeside(controlSizeBytes);
    this.#history?.stop();
    this.#history = new History(view, this.#options.clock);
    this.#history.start();
  }

  /** Looks at the certificate files now. */
  async reloadCertificates(): Promise<void> {
    await Promise.all([this.#watch.reload(), this.#expiries.reload()]);
  }

  /** Everything that is measured, into the log; nothing before attach(). */
  async logState(): Promise<void> {
    const { clock, log } = this.#options;
    if (this.#view === undefined) return;
    try {
      const [{ metricsText }, { logState }] = await Promise.all([
        import('./metrics-text.ts'),
        import('./state-dump.ts'),
      ]);
      const certificates = this.#expiries.list();
      const options = { openMetrics: false, compat: 'none', nowMs: clock.nowMs() } as const;
      logState(metricsText(this.#view, { ...options, certificates }), log);
    } catch (error) {
      log.error('INTERNAL_FAULT', `the state cannot be logged: ${String(error)}`);
    }
  }

  /** Ends watches and connections; resolves when all are gone, within a moment. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.close();
    this.#expiries.close();
    this.#history?.stop();
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
    await this.#door?.close();
  }

  #arrived(socket: Socket): void {
    if (this.#door !== undefined) {
      this.#door.take(socket);
      return;
    }
    socket.on('error', () => {}); // 'close' follows
    if (this.#closed || this.#waiting.size >= controlConnectionsMax) {
      socket.destroy();
      return;
    }
    this.#waiting.add(socket);
    socket.once('close', () => this.#waiting.delete(socket));
    if (!this.#opening) void this.#open();
  }

  async #open(): Promise<void> {
    this.#opening = true;
    const { config, metrics, clock, log } = this.#options;
    try {
      const { ControlDoor } = await import('./control-door.ts');
      this.#door = new ControlDoor({
        ...{ config, metrics, clock, log, material: this.#material },
        view: () => this.#view,
        history: () => this.#history,
        certificates: () => this.#expiries.list(),
      });
      this.#view?.monitor.allowBeside(controlSizeBytes);
    } catch (error) {
      // The engine does its work without; whoever connects next is another attempt.
      log.error('INTERNAL_FAULT', `the control port cannot serve: ${String(error)}`);
    }
    this.#opening = false;
    for (const socket of this.#waiting) {
      this.#waiting.delete(socket);
      if (this.#door === undefined || this.#closed) socket.destroy();
      else this.#door.take(socket);
    }
    if (this.#closed) await this.#door?.close();
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => {
      const text = `control.endpoint: cannot listen on ${host}:${port}: ${cause.code ?? cause.message}`;
      reject(new GopherShipError('PORT_TAKEN', text, { cause }));
    };
    server.once('error', failed);
    // Not shared with another process, unlike the ports of the receivers.
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', failed);
      // accept() without file descriptors, for one: nothing is lost, the next one may work.
      server.on('error', () => {});
      const address = server.address() as AddressInfo; // a listening TCP socket has a port
      resolve(address.port);
    });
  });
}
