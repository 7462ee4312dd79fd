// The certificates of a shard's listeners: loaded once and watched once for listeners that name the
// same material, handed to each as the options of its TLS, and as a new context after a change.

import type { TlsOptions } from 'node:tls';
import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import type { Config, ListenerTlsConfig } from '../config/config.ts';
import type { Transport } from '../ingester/listener.ts';
import type { Log } from '../log.ts';
import { CertificateWatch } from '../tls/certificate-watch.ts';
import { loadMaterial, type PemMaterial, type PemSources } from '../tls/pem-material.ts';
import {
  type ListenerContextOptions,
  listenerContext,
  listenerOptions,
  listenerSources,
} from '../tls/server-context.ts';
import { sessionTicketKeys } from '../tls/session-tickets.ts';

/** Material that one listener or both use. */
export interface ListenerMaterial {
  /** What the log calls it. */
  readonly name: string;
  readonly transports: readonly Transport[];
  readonly sources: PemSources;
  readonly intervalMs: number;
}

export function listenerMaterials({ grpc, http }: Config['receivers']): ListenerMaterial[] {
  const own = (transport: Transport, tls: ListenerTlsConfig): ListenerMaterial => ({
    name: `receivers.otlp.protocols.${transport}.tls`,
    transports: [transport],
    sources: listenerSources(tls),
    intervalMs: tls.reloadIntervalMs,
  });
  const materials = [
    ...(grpc === undefined ? [] : [own('grpc', grpc.tls)]),
    ...(http === undefined ? [] : [own('http', http.tls)]),
  ];
  const [first, second] = materials;
  if (first === undefined || second === undefined) return materials;
  // Sources come from one function, so that the same ones have the same text.
  if (JSON.stringify(first.sources) !== JSON.stringify(second.sources)) return materials;
  const both = {
    ...first,
    name: `${first.name} and http.tls`,
    transports: [...first.transports, ...second.transports],
    intervalMs: Math.min(first.intervalMs, second.intervalMs),
  };
  return [both];
}

interface Loaded {
  readonly material: ListenerMaterial;
  readonly initial: PemMaterial;
}

export interface WatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** For new connections of this listener. */
  onChange(transport: Transport, context: ListenerContextOptions): void;
}

export class ListenerCertificates {
  readonly #loaded: readonly Loaded[];
  readonly #ticketSecret: Uint8Array;

  /** Throws TLS_MATERIAL. `ticketSecret` is the same in all shards of a process. */
  static async load(
    receivers: Config['receivers'],
    ticketSecret: Uint8Array,
    wallMs: number,
  ): Promise<ListenerCertificates> {
    const loaded: Loaded[] = [];
    for (const material of listenerMaterials(receivers)) {
      loaded.push({ material, initial: await loadMaterial(material.sources, wallMs) });
    }
    return new ListenerCertificates(loaded, ticketSecret);
  }

  private constructor(loaded: readonly Loaded[], ticketSecret: Uint8Array) {
    this.#loaded = loaded;
    this.#ticketSecret = ticketSecret;
  }

  /** `alpnProtocols` in order of preference. */
  options(transport: Transport, alpnProtocols: readonly string[]): TlsOptions {
    const loaded = this.#loaded.find(({ material }) => material.transports.includes(transport));
    assert(loaded !== undefined, 'options of a listener that is not configured');
    return listenerOptions(loaded.initial, alpnProtocols, this.#ticketKeys(loaded.initial));
  }

  /** From now on; the caller closes them. */
  watch({ clock, log, onChange }: WatchOptions): CertificateWatch[] {
    return this.#loaded.map(({ material, initial }) => {
      const { name, sources, intervalMs, transports } = material;
      return new CertificateWatch({
        name,
        sources,
        initial,
        intervalMs,
        clock,
        log,
        onChange: (changed) => {
          const context = listenerContext(changed, this.#ticketKeys(changed));
          for (const transport of transports) onChange(transport, context);
        },
      });
    });
  }

  #ticketKeys(material: PemMaterial): Buffer {
    return sessionTicketKeys(this.#ticketSecret, material);
  }
}
