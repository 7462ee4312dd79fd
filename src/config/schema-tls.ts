// TLS material of listeners and of exporters. TLS 1.3 is the only version that listeners speak, and
// there is no way to turn off a check.

import type { z } from 'zod';
import type { ClientTlsConfig, ListenerTlsConfig, PemSource } from './config.ts';
import {
  block,
  choice,
  duration,
  flag,
  noEffect,
  type RelationReport,
  refused,
  relation,
  text,
} from './schema-keys.ts';

const pem = { secret: true, type: 'PEM text', lengthMax: 65_536 };
const reloadInterval = duration(
  '100ms',
  '24h',
  'how often the files are looked at; a change is taken over without dropping connections',
).prefault('10s');

const refusedKeys = {
  tpm: refused('keys in a TPM are not in version 1'),
  insecure_skip_verify: refused('every peer is verified; put its CA into ca_file'),
  cipher_suites: refused('TLS 1.3 has only good ones'),
  curve_preferences: refused('the defaults of Node are used'),
  include_system_ca_certs_pool: refused('one bundle decides; put every CA you trust into it'),
};

const certKeys = {
  cert_file: text('certificate chain, PEM').optional(),
  cert_pem: text('the same as text', pem).optional(),
  key_file: text('private key, PEM').optional(),
  key_pem: text('the same as text', pem).optional(),
};

export const listenerTls = relation(
  block('server certificate and the CA that client certificates must come from', {
    client_ca_file: text('CA bundle that verifies client certificates').optional(),
    client_ca_pem: text('the same as text', pem).optional(),
    ...certKeys,
    reload_interval: reloadInterval,
    min_version: choice(['1.3'], 'TLS 1.3 is the only version listeners speak', {
      error: 'refused: TLS 1.3 is the only version listeners speak',
      needlessValue: '1.3',
    }).optional(),
    max_version: choice(['1.3'], 'TLS 1.3 is the only version listeners speak', {
      error: 'refused: TLS 1.3 is the only version listeners speak',
      needlessValue: '1.3',
    }).optional(),
    ca_file: noEffect('listeners verify with client_ca_file'),
    ca_pem: noEffect('listeners verify with client_ca_pem'),
    client_ca_file_reload: noEffect('files are always reloaded'),
    insecure: refused('no listener speaks without TLS'),
    ...refusedKeys,
  }),
  (tls, report) => {
    exactlyOne(tls, ['client_ca_file', 'client_ca_pem'], report);
    exactlyOne(tls, ['cert_file', 'cert_pem'], report);
    exactlyOne(tls, ['key_file', 'key_pem'], report);
  },
);

export const clientTls = relation(
  block('how the server is verified, and our certificate if it asks for one', {
    ca_file: text('CA bundle that verifies the server', {
      computedDefault: "Node's bundled roots",
    }).optional(),
    ca_pem: text('the same as text', pem).optional(),
    ...certKeys,
    server_name_override: text('name that the certificate must have, sent as SNI', {
      computedDefault: 'host of the endpoint',
      lengthMax: 253,
    }).optional(),
    reload_interval: reloadInterval,
    min_version: choice(['1.2', '1.3'], '1.2 only for a backend that has nothing newer', {
      error: 'refused: TLS 1.2 is the oldest version',
      needlessValue: '1.3',
    }).prefault('1.3'),
    max_version: choice(['1.3'], 'TLS 1.3 is used where the server has it', {
      needlessValue: '1.3',
    }).optional(),
    insecure: flag('no TLS; only to a loopback address').prefault(false),
    client_ca_file: noEffect('exporters verify with ca_file'),
    ...refusedKeys,
  }),
  (tls, report) => {
    atMostOne(tls, ['ca_file', 'ca_pem'], report);
    atMostOne(tls, ['cert_file', 'cert_pem'], report);
    atMostOne(tls, ['key_file', 'key_pem'], report);
    const hasCert = tls.cert_file !== undefined || tls.cert_pem !== undefined;
    const hasKey = tls.key_file !== undefined || tls.key_pem !== undefined;
    if (hasCert && !hasKey) report([], 'a certificate needs its key_file or key_pem');
    if (hasKey && !hasCert) report([], 'a key needs its cert_file or cert_pem');
  },
);

export type ListenerTls = z.output<typeof listenerTls>;
export type ClientTls = z.output<typeof clientTls>;

export function listenerTlsConfig(tls: ListenerTls): ListenerTlsConfig {
  return {
    clientCa: pemSource(tls.client_ca_file, tls.client_ca_pem) ?? { pem: '' },
    cert: pemSource(tls.cert_file, tls.cert_pem) ?? { pem: '' },
    key: pemSource(tls.key_file, tls.key_pem) ?? { pem: '' },
    reloadIntervalMs: tls.reload_interval,
  };
}

export function clientTlsConfig(tls: ClientTls): ClientTlsConfig {
  return {
    ca: pemSource(tls.ca_file, tls.ca_pem),
    cert: pemSource(tls.cert_file, tls.cert_pem),
    key: pemSource(tls.key_file, tls.key_pem),
    serverName: tls.server_name_override,
    versionMin: tls.min_version === '1.2' ? 'TLSv1.2' : 'TLSv1.3',
    reloadIntervalMs: tls.reload_interval,
  };
}

function pemSource(file: string | undefined, pemText: string | undefined): PemSource | undefined {
  if (file !== undefined) return { file };
  return pemText === undefined ? undefined : { pem: pemText };
}

type Block = Readonly<Record<string, unknown>>;

function exactlyOne(tls: Block, keys: readonly [string, string], report: RelationReport): void {
  atMostOne(tls, keys, report);
  if (keys.every((key) => tls[key] === undefined)) report([keys[0]], `required (or ${keys[1]})`);
}

function atMostOne(tls: Block, keys: readonly [string, string], report: RelationReport): void {
  if (keys.every((key) => tls[key] !== undefined)) report([keys[1]], `${keys[0]} is given as well`);
}
