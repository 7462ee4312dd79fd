// When the certificates expire that the configuration names. Most of them are used in other
// threads, receivers' and destinations'; here they are watched in the same way, for their dates
// alone.

import type { Clock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import { silentLog } from '../log.ts';
import { CertificateWatch } from './certificate-watch.ts';
import {
  loadMaterial,
  nameOf,
  type PemMaterial,
  type PemSources,
  parseCertificates,
} from './pem-material.ts';

export interface WatchedSources {
  readonly sources: PemSources;
  readonly intervalMs: number;
}

export interface CertificateExpiry {
  /** As configured. */
  readonly file: string;
  readonly expiresWallMs: number;
}

export class CertificateExpiries {
  readonly #clock: Clock;
  /** By their sources as text: several users of the same ones are one. */
  readonly #known = new Map<string, readonly CertificateExpiry[]>();
  readonly #watches: CertificateWatch[] = [];
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Is in use from now on. */
  use(sources: PemSources, material: PemMaterial): void {
    this.#known.set(JSON.stringify(sources), expiriesOf(sources, material));
  }

  /** Until close(). Of what is no good nothing is known: whoever uses it has the error. */
  async watch({ sources, intervalMs }: WatchedSources): Promise<void> {
    const key = JSON.stringify(sources);
    if (this.#known.has(key) || (sources.ca ?? sources.cert) === undefined) return;
    this.#known.set(key, []);
    const clock = this.#clock;
    try {
      const initial = await loadMaterial(sources, clock.wallMs());
      if (this.#closed) return;
      this.use(sources, initial);
      const onChange = (material: PemMaterial) => this.use(sources, material);
      const watched = { name: 'dates', sources, initial, intervalMs, clock, log: silentLog };
      this.#watches.push(new CertificateWatch({ ...watched, onChange }));
    } catch (error) {
      if (!(error instanceof GopherShipError)) throw error;
      this.#known.delete(key);
    }
  }

  /** Each file once. */
  list(): CertificateExpiry[] {
    const earliest = new Map<string, number>();
    for (const { file, expiresWallMs } of [...this.#known.values()].flat()) {
      earliest.set(file, Math.min(expiresWallMs, earliest.get(file) ?? Infinity));
    }
    return [...earliest].map(([file, expiresWallMs]) => ({ file, expiresWallMs }));
  }

  /** Looks at the files now. */
  async reload(): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.reload()));
  }

  close(): void {
    this.#closed = true;
    for (const watch of this.#watches) watch.close();
  }
}

/** A chain is as good as its first certificate to end, a bundle of authorities as its last. */
function expiriesOf(sources: PemSources, { ca, cert }: PemMaterial): CertificateExpiry[] {
  const expiries: CertificateExpiry[] = [];
  if (cert !== undefined) {
    const file = nameOf(sources.cert);
    expiries.push({ file, expiresWallMs: Math.min(...endsMs(cert, file)) });
  }
  if (ca !== undefined) {
    const file = nameOf(sources.ca);
    expiries.push({ file, expiresWallMs: Math.max(...endsMs(ca, file)) });
  }
  return expiries;
}

function endsMs(pem: string, name: string): number[] {
  return parseCertificates(pem, name).map(({ validToDate }) => validToDate.getTime());
}
