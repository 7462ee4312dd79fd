// GopherShip as the bench runs it, from this checkout or another one: what was written before a
// change is measured beside what was written after it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startProcess } from '../../test/support/running-process.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import type { BenchPeer, BenchPeerOptions, PeerStarter } from './bench-peer.ts';
import { peerConfig, transportOf } from './gophership-config.ts';

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
  writeFileSync(configPath, stringify(peerConfig(options)));
  const running = startProcess({
    ...{ name, directory: directory.path, env },
    command: join(checkoutPath, 'bin', 'gophership'),
    args: ['run', '--config', configPath, '--set', 'control.endpoint=127.0.0.1:0'],
  });
  void running.exited.finally(() => directory.remove());
  const transport = transportOf(options.protocol);
  const listens = (line: string) => {
    const fields = logFields(line);
    return fields.msg === 'listening' && fields.transport === transport;
  };
  try {
    const line = await running.waitForLine(listens, `that it listens for ${transport}`);
    return {
      port: Number(logFields(line).port),
      pid: running.pid,
      okAnswerSizeBytes: 5,
      usage: () => running.usage(),
      async stop() {
        const code = await running.stop();
        if (code !== 0) throw new Error(`${name} ended with ${code}`);
      },
      kill: () => running.kill(),
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
