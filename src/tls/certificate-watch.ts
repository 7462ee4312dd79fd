// Notices that certificates, keys or CA bundles have changed and hands out the new ones once they
// are proven good. It looks at content, not at inode events: Kubernetes swaps a symbolic link two
// directories up, which inotify on the file never reports. Bad material never replaces good
// material; what is bad is judged anew at every look, so a certificate that is not valid yet is
// taken over once it is.

import { createHash } from 'node:crypto';
import type { Clock, Timer } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import type { Log } from '../log.ts';
import { refuseLockout } from './lockout.ts';
import {
  checkMaterial,
  type PemMaterial,
  type PemSources,
  type PemText,
  readMaterial,
} from './pem-material.ts';

export interface CertificateWatchOptions {
  /** What the log calls this material: "receivers.otlp.protocols.grpc.tls". */
  readonly name: string;
  readonly sources: PemSources;
  /** In use now, from loadMaterial(). */
  readonly initial: PemMaterial;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** New material that passed every check. If it throws, the old one counts as still in use. */
  readonly onChange: (material: PemMaterial) => void;
}

export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  #inUse: PemText;
  /** Fingerprint of what is in use. */
  #used: string;
  /** Fingerprint of the last look that was no good; undefined after a good one. */
  #bad: { readonly fingerprint: string; reported: boolean } | undefined;
  #timer: Timer | undefined;
  /**
   * Ends with the last look asked for: looks run one after the other, so an older one never wins.
   */
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
    this.#inUse = options.initial;
    this.#used = fingerprint(options.initial);
    this.#schedule();
  }

  /** Looks now (SIGHUP, tests); resolves when the look has ended. Never rejects. */
  reload(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  /** Stops looking. Nothing is called back after it. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    const { clock, intervalMs } = this.#options;
    // Files are replaced one after the other: a bad look is repeated soon, and only reported if it
    // stays.
    const unsettled = this.#bad !== undefined && !this.#bad.reported;
    const delayMs = unsettled ? Math.min(settleMs, intervalMs) : intervalMs;
    this.#timer?.cancel();
    this.#timer = clock.after(delayMs, () => this.reload());
  }

  async #look(): Promise<void> {
    if (this.#closed) return;
    const seen = await readOutcome(this.#options.sources);
    if (this.#closed) return;
    const { name, log } = this.#options;
    if (seen.fingerprint === this.#used) {
      if (this.#bad?.reported) log.info(`${name}: the certificates in use are back on disk`);
      this.#bad = undefined;
    } else {
      this.#adopt(seen);
    }
    this.#schedule();
  }

  #adopt(seen: ReadOutcome): void {
    const { name, log, clock, sources, onChange } = this.#options;
    try {
      if (seen.text === undefined) throw seen.error;
      const material = checkMaterial(sources, seen.text, clock.wallMs());
      refuseLockout(sources, this.#inUse, seen.text, clock.wallMs());
      onChange(material);
      this.#inUse = material;
      this.#used = seen.fingerprint;
      this.#bad = undefined;
      log.info(`${name}: new certificates in use`, { expires: isoDate(material.expiresWallMs) });
      for (const warning of material.warnings) log.warn('TLS_MATERIAL', `${name}: ${warning}`);
    } catch (error) {
      this.#refuse(seen.fingerprint, error);
    }
  }

  #refuse(fingerprint: string, error: unknown): void {
    const { name, log } = this.#options;
    if (this.#bad?.fingerprint !== fingerprint) {
      this.#bad = { fingerprint, reported: false };
    } else if (!this.#bad.reported) {
      this.#bad.reported = true;
      const why = error instanceof GopherShipError ? error.message : String(error);
      log.error('TLS_MATERIAL', `${name}: ${why}; the previous certificates stay in use`);
    }
  }
}

/** Time between the two looks that must agree before bad material is reported. */
const settleMs = 500;

interface ReadOutcome {
  readonly fingerprint: string;
  /** Undefined when reading failed. */
  readonly text: PemText | undefined;
  readonly error: unknown;
}

async function readOutcome(sources: PemSources): Promise<ReadOutcome> {
  try {
    const text = await readMaterial(sources);
    return { fingerprint: fingerprint(text), text, error: undefined };
  } catch (error) {
    // The message names the file and the reason: the same message is the same fault.
    return { fingerprint: `unreadable ${String(error)}`, text: undefined, error };
  }
}

function fingerprint(text: PemText): string {
  const hash = createHash('sha256');
  for (const part of [text.ca, text.cert, text.key]) {
    hash.update(`${part === undefined ? 'absent' : part.length}\n${part ?? ''}`);
  }
  return hash.digest('hex');
}

function isoDate(wallMs: number | undefined): string | undefined {
  return wallMs === undefined ? undefined : new Date(wallMs).toISOString();
}
