// Scenario: somebody presses Tab, asks for help, or for the status of an engine, many times a day.
// Guarantees: a command loads its own code and no other's: without an engine to speak to there is
// no TLS, no HTTP/2 and no message, and a question to an engine brings no screen, server or schema.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type CertificateFiles, writeTo } from '../support/certificates.ts';
import { statusSample } from '../support/control-fake.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { openControlSink } from './control-sink.ts';

const directory = temporaryDirectory('lazy-imports');
const root = new URL('../../', import.meta.url);
let files: CertificateFiles;
before(async () => {
  files = await writeTo(join(directory.path, 'tls'));
});
after(() => directory.remove());

interface Loaded {
  readonly exitCode: number | null;
  /** Names of packages, sorted. */
  readonly packages: readonly string[];
  /** Modules of Node's, without `node:`. */
  readonly builtins: readonly string[];
  /** Files of ours, from src/ on. */
  readonly files: readonly string[];
}

/** What gs-ctl loads for this command, from its sources. */
async function load(args: readonly string[]): Promise<Loaded> {
  const noted = fileURLToPath(new URL('./noted-modules.ts', import.meta.url));
  const program = fileURLToPath(new URL('src/ctl-main.ts', root));
  const child = spawn(process.execPath, ['--import', noted, program, ...args], {
    cwd: directory.path,
    env: { HOME: directory.path },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = (await text(child.stdio[3] as NodeJS.ReadableStream)).split('\n'); // a pipe
  const matches = (pattern: RegExp) => {
    const names = lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
    return [...new Set(names)].sort();
  };
  return {
    exitCode: await ended,
    packages: matches(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//),
    builtins: matches(/^node:(.+)$/),
    files: matches(/\/(src\/.+)$/),
  };
}

/** A command that asks no engine. */
async function checkAlone(args: string, packages: readonly string[], exit = 0): Promise<void> {
  const loaded = await load(args.split(' '));
  assert.equal(loaded.exitCode, exit, args);
  assert.deepEqual(loaded.packages, packages, args);
  assert.ok(loaded.files.includes('src/ctl/commands/ctl-program.ts'), args);
  const network = loaded.builtins.filter((name) => /^(?:tls|net|https?|http2|zlib)$/.test(name));
  assert.deepEqual(network, [], args);
}

test('help, versions, completion and wrong words load nothing that speaks to an engine', async () => {
  await checkAlone('--help', ['commander']);
  await checkAlone('status --help', ['commander']);
  await checkAlone('version', ['commander']);
  await checkAlone('completion bash', ['commander']);
  await checkAlone('stats', ['commander'], 64);
  await checkAlone('contexts --names', ['commander']);
  mkdirSync(join(directory.path, '.gophership'));
  writeFileSync(join(directory.path, '.gophership/ctl.yaml'), 'apiVersion: gophership/v1\n');
  await checkAlone('contexts --names', ['commander', 'yaml']);
});

test('status loads what a call to an engine takes, and no other command', async () => {
  const sink = await openControlSink({
    service: { getStatus: () => ({ status: statusSample() }) },
  });
  try {
    const identity = ['--ca', files.ca, '--cert', files.clientCert, '--key', files.clientKey];
    const loaded = await load(['status', '--address', sink.address, ...identity]);
    assert.equal(loaded.exitCode, 1, 'the engine is in Yellow');
    const connect = ['@connectrpc/connect', '@connectrpc/connect-node'];
    assert.deepEqual(loaded.packages, ['@bufbuild/protobuf', ...connect, 'commander']);
    const generated = loaded.files.filter((path) => path.startsWith('src/generated/'));
    assert.deepEqual(generated, ['src/generated/gophership/control/v1/control_pb.js']);
    const others = /^src\/(?:config|monitor|vault|memory|grpc|ctl\/(?:top|doctor|dashboard))\b/;
    assert.deepEqual(
      loaded.files.filter((path) => others.test(path)),
      [],
    );
  } finally {
    sink.close();
  }
});
