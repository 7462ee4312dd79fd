// Are the certificates of the configuration readable, whole, a pair with their keys, and valid for
// a while? And does the key stay with its owner?

import { statSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { GopherShipError } from '../../errors.ts';
import { loadMaterial, type PemSources } from '../../tls/pem-material.ts';
import { listenerSources } from '../../tls/server-context.ts';
import { countOf } from '../quantity-text.ts';
import { errorCode } from './error-code.ts';
import { type Finding, failure, fine, warning } from './finding.ts';

export interface CertificateSources {
  /** Of the configuration: `control.tls`. */
  readonly name: string;
  readonly sources: PemSources;
}

export interface CertificateFacts {
  readonly name: string;
  /** Why they cannot be used; undefined: they can. */
  readonly fault: string | undefined;
  readonly warnings: readonly string[];
  /** The first of them to expire; undefined: nothing was read. */
  readonly expiresWallMs: number | undefined;
  /** A key file that everybody on the host may read. */
  readonly openKeyFile: string | undefined;
}

/** Each once: most often they are the same for all listeners. */
export function certificateSources(config: Config): CertificateSources[] {
  const { grpc, http } = config.receivers;
  const all: CertificateSources[] = [
    ...(grpc ? [{ name: 'receivers grpc', sources: listenerSources(grpc.tls) }] : []),
    ...(http ? [{ name: 'receivers http', sources: listenerSources(http.tls) }] : []),
    { name: 'control', sources: listenerSources(config.control.tls) },
    ...config.exporters.flatMap((exporter) => {
      if (exporter.kind !== 'otlp_grpc' && exporter.kind !== 'otlp_http') return [];
      const { ca, cert, key } = exporter.tls;
      return [{ name: `exporter ${exporter.id}`, sources: { ca, cert, key } }];
    }),
  ];
  const bySources = new Map<string, CertificateSources>();
  for (const { name, sources } of all) {
    const key = JSON.stringify(sources); // of one function, so the same have the same text
    const known = bySources.get(key);
    bySources.set(key, { name: known === undefined ? name : `${known.name}, ${name}`, sources });
  }
  const isNamed = ({ sources: { ca, cert } }: CertificateSources) =>
    ca !== undefined || cert !== undefined;
  return [...bySources.values()].filter(isNamed);
}

export async function probeCertificates(
  { name, sources }: CertificateSources,
  wallMs: number,
): Promise<CertificateFacts> {
  const openKeyFile = openFile(sources.key);
  try {
    const { warnings, expiresWallMs } = await loadMaterial(sources, wallMs);
    return { name, fault: undefined, warnings, expiresWallMs, openKeyFile };
  } catch (error) {
    if (!(error instanceof GopherShipError)) throw error;
    const { message } = error;
    return { name, fault: message, warnings: [], expiresWallMs: undefined, openKeyFile };
  }
}

export function certificateVerdict(facts: CertificateFacts, wallMs: number): Finding {
  const { name, fault, warnings, expiresWallMs, openKeyFile } = facts;
  const look = '`gs-ctl certs inspect FILE...` shows what is in them';
  if (fault !== undefined) return failure('certificates', `${name}: ${fault}`, look);
  const daysLeft = Math.floor(((expiresWallMs ?? Number.POSITIVE_INFINITY) - wallMs) / dayMs);
  if (daysLeft < 0) {
    return failure(
      'certificates',
      `${name}: ${warnings.join('; ')}`,
      'nobody accepts them any more',
    );
  }
  if (warnings.length > 0) return warning('certificates', `${name}: ${warnings.join('; ')}`, look);
  if (daysLeft < daysLeftMin) {
    const hint = 'new files in the same place are taken over without a restart';
    return warning('certificates', `${name}: ${countOf(daysLeft, 'day')} left`, hint);
  }
  if (openKeyFile !== undefined) {
    const text = `${name}: everybody may read ${openKeyFile}`;
    return warning('certificates', text, `chmod o= ${openKeyFile}`);
  }
  const left = Number.isFinite(daysLeft) ? `${countOf(daysLeft, 'day')} left` : 'no date';
  return fine('certificates', `${name}: ${left}`);
}

const dayMs = 24 * 60 * 60 * 1_000;
const daysLeftMin = 7;
/** A group of its own is how a service is given a key that root has. */
const modeOfOthers = 0o007;

function openFile(key: PemSources['key']): string | undefined {
  if (key === undefined || !('file' in key)) return undefined;
  try {
    return (statSync(key.file).mode & modeOfOthers) === 0 ? undefined : key.file;
  } catch (error) {
    errorCode(error);
    return undefined; // reading it says what is wrong
  }
}
