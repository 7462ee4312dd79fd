// The TLS context of one destination's connections: read when first needed, read again when the
// files change. A connection that is open keeps what it began with.

import type { Clock } from '../clock.ts';
import type { ClientTlsConfig } from '../config/config.ts';
import type { Log } from '../log.ts';
import { CertificateWatch } from '../tls/certificate-watch.ts';
import { type ClientContext, createClientContext } from '../tls/client-context.ts';
import { loadMaterial } from '../tls/pem-material.ts';

export class TlsContextSource {
  readonly #config: ClientTlsConfig;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #context: Promise<ClientContext> | undefined;
  #watch: CertificateWatch | undefined;
  #closed = false;

  constructor(config: ClientTlsConfig, name: string, clock: Clock, log: Log) {
    this.#config = config;
    this.#name = name;
    this.#clock = clock;
    this.#log = log;
  }

  /** Rejects with TLS_MATERIAL while the files are no good; the next call reads them again. */
  context(): Promise<ClientContext> {
    this.#context ??= this.#load().catch((error: unknown) => {
      this.#context = undefined;
      throw error;
    });
    return this.#context;
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
  }

  async #load(): Promise<ClientContext> {
    const { ca, cert, key, reloadIntervalMs } = this.#config;
    const sources = { ca, cert, key };
    const material = await loadMaterial(sources, this.#clock.wallMs());
    const context = createClientContext(this.#config, material);
    const fromFiles = [ca, cert, key].some((source) => source !== undefined && 'file' in source);
    if (fromFiles && !this.#closed) {
      this.#watch = new CertificateWatch({
        name: this.#name,
        sources,
        initial: material,
        intervalMs: reloadIntervalMs,
        clock: this.#clock,
        log: this.#log,
        onChange: (changed) => {
          this.#context = Promise.resolve(createClientContext(this.#config, changed));
        },
      });
    }
    return context;
  }
}
