// GopherShip as the bench runs it, from this checkout or another one: what was written before a
// change is measured beside what was written after it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startProcess } from '../../test/support/running-process.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import {
  attributesAdded,
  type BenchPeer,
  type BenchPeerOptions,
  type PeerStarter,
} from './bench-peer.ts';

/** `directory` is a checkout with its own node_modules; `env` is added to its environment. */
export function gopherShipPeer(
  name: string,
  directory: string,
  env: Readonly<Record<string, string>> = {},
): PeerStarter {
  return { name, start: (options) => startGopherShip(name, directory, env, options) };
}

async function startGopherShip(
  name: string,
  checkoutPath: string,
  env: Readonly<Record<string, string>>,
  options: BenchPeerOptions,
): Promise<BenchPeer> {
  const directory = temporaryDirectory('bench-engine');
  const configPath = join(directory.path, 'gophership.yaml');
  writeFileSync(configPath, stringify(engineConfig(options)));
  const running = startProcess({
    ...{ name, directory: directory.path, env },
    command: join(checkoutPath, 'bin', 'gophership'),
    args: ['run', '--config', configPath],
  });
  void running.exited.finally(() => directory.remove());
  const transport = transportOf(options);
  const listens = (line: string) => {
    const fields = logFields(line);
    return fields.msg === 'listening' && fields.transport === transport;
  };
  try {
    const line = await running.waitForLine(listens, `that it listens for ${transport}`);
    return {
      port: Number(logFields(line).port),
      usage: () => running.usage(),
      async stop() {
        const code = await running.stop();
        if (code !== 0) throw new Error(`${name} ended with ${code}`);
        // The last line of its log holds the books of the process.
        return Number(logFields(running.lines.at(-1) ?? '').refused_batches);
      },
    };
  } catch (error) {
    await running.kill();
    throw error;
  }
}

/** Empty for what is not a line of the engine's log. */
function logFields(line: string): Readonly<Record<string, unknown>> {
  return line.startsWith('{') ? JSON.parse(line) : {};
}

function transportOf({ protocol }: BenchPeerOptions): 'grpc' | 'http' {
  return protocol === 'grpc' ? 'grpc' : 'http';
}

function engineConfig(options: BenchPeerOptions): object {
  const { path, files, sinkPort } = options;
  const listenerTls = {
    client_ca_file: files.ca,
    cert_file: files.serverCert,
    key_file: files.serverKey,
  };
  const clientTls = {
    ca_file: files.ca,
    cert_file: files.clientCert,
    key_file: files.clientKey,
  };
  const listener = { endpoint: '127.0.0.1:0', tls: listenerTls };
  const attributes = attributesAdded.map(([key, value]) => ({ key, value, action: 'upsert' }));
  const forward = {
    otlp_grpc: { endpoint: `localhost:${sinkPort}`, tls: clientTls, compression: 'none' },
  };
  // One line a second: what is left is receiving and answering.
  const discard = {
    debug: { verbosity: 'basic', sampling_initial: 1, sampling_thereafter: 1_000_000 },
  };
  return {
    receivers: { otlp: { protocols: { [transportOf(options)]: listener } } },
    processors: path === 'forward' ? { resource: { attributes } } : {},
    exporters: path === 'forward' ? forward : discard,
    service: {
      pipelines: {
        logs: {
          receivers: ['otlp'],
          processors: path === 'forward' ? ['resource'] : [],
          exporters: [path === 'forward' ? 'otlp_grpc' : 'debug'],
        },
      },
    },
  };
}
