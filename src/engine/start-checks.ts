// What can stop a start although the configuration is valid: files that cannot be used, folders
// that cannot be written, ports that somebody has. Found here, with a clear error, before a thread
// runs.

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Config, ExporterConfig } from '../config/config.ts';
import { GopherShipError } from '../errors.ts';
import type { WatchedSources } from '../tls/certificate-expiries.ts';
import { loadMaterial } from '../tls/pem-material.ts';
import { listenerSources } from '../tls/server-context.ts';
import { listenerMaterials } from './listener-certificates.ts';

/**
 * Every file that the configuration names. Throws TLS_MATERIAL or CONFIG; resolves with warnings.
 */
export async function checkFiles(config: Config, wallMs: number): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const { sources } of tlsSources(config)) {
    warnings.push(...(await loadMaterial(sources, wallMs)).warnings);
  }
  for (const exporter of config.exporters) {
    if (exporter.kind === 'file') await checkFolder(exporter.id, dirname(exporter.path));
  }
  return warnings;
}

/**
 * The shards share their ports, which also lets a second engine join them: it would take half of
 * the connections. So each port is first bound without sharing.
 */
export async function checkPorts(receivers: Config['receivers']): Promise<void> {
  for (const transport of ['grpc', 'http'] as const) {
    const receiver = receivers[transport];
    if (receiver === undefined || receiver.port === 0) continue;
    await checkPort(`receivers.otlp.protocols.${transport}`, receiver.host, receiver.port);
  }
}

async function checkPort(receiver: string, host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (cause) {
    const text = `${receiver}: cannot listen on ${host}:${port}: ${systemCode(cause)}`;
    throw new GopherShipError('PORT_TAKEN', text, { cause });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Certificates, keys and bundles of receivers, control port and destinations. */
export function tlsSources(config: Config): WatchedSources[] {
  const receivers = listenerMaterials(config.receivers);
  const { tls } = config.control;
  const control = { sources: listenerSources(tls), intervalMs: tls.reloadIntervalMs };
  // Most often it has theirs; sources come from one function, so that the same have the same text.
  const text = JSON.stringify(control.sources);
  const isTheirs = receivers.some(({ sources }) => JSON.stringify(sources) === text);
  const listeners = isTheirs ? receivers : [...receivers, control];
  return [...listeners, ...config.exporters.flatMap(exporterSources)];
}

function exporterSources(exporter: ExporterConfig): WatchedSources[] {
  if (exporter.kind !== 'otlp_grpc' && exporter.kind !== 'otlp_http') return [];
  const { ca, cert, key, reloadIntervalMs } = exporter.tls;
  return [{ sources: { ca, cert, key }, intervalMs: reloadIntervalMs }];
}

/** The folder may still be missing; what counts is that it can be made. Makes nothing itself. */
async function checkFolder(exporterId: string, folder: string): Promise<void> {
  for (let existing = folder; ; existing = dirname(existing)) {
    try {
      if (!(await stat(existing)).isDirectory()) throw new Error('not a folder');
      return await access(existing, constants.W_OK | constants.X_OK);
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') continue; // the root always exists
      const text = `exporters.${exporterId}.path: cannot write in ${existing}: ${systemCode(cause)}`;
      throw new GopherShipError('CONFIG', text, { cause });
    }
  }
}

function systemCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
