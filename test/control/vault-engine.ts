// An engine with batches in its vault that its destination does not take, and a few that were
// refused for good; and those who look into it: gs-ctl, the offline command, and callers by hand.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import http2, { type ClientHttp2Stream } from 'node:http2';
import { join } from 'node:path';
import { VaultService } from '../../src/generated/gophership/control/v1/vault_pb.js';
import { testCertificates } from '../support/certificates.ts';
import { call } from '../support/listener-harness.ts';
import { OracleProducer } from '../support/oracle-producer.ts';
import { batchMessage } from '../support/report-load.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { controlCertificates } from './control-certificates.ts';
import { type ConnectReply, ControlClient, type JsonValue } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';
import { type CtlHome, ctlHome } from './ctl-contexts.ts';

export const vaultPath = `/${VaultService.typeName}`;
export const batchCount = 24;
export const letterCount = 3;

export class VaultEngine {
  readonly control: ControlEngine;
  readonly home: CtlHome;
  /** The vault. */
  readonly folder: string;
  readonly #temporary: ReturnType<typeof temporaryDirectory>;

  static async start(): Promise<VaultEngine> {
    const temporary = temporaryDirectory('control-vault');
    const folder = join(temporary.path, 'vault');
    const control = await startControlEngine({
      sections: {
        vault: {
          ...{ directory: folder, limit: '512MiB', segment_size: '8MiB', min_free: 0 },
          ...{ dead_letter_limit: '16MiB', ack_deadline: '50ms' },
        },
        memory: { limit_mib: 192 },
      },
      exporter: { retry_on_failure: { initial_interval: '100ms', max_interval: '200ms' } },
    });
    const home = await ctlHome(control.directory, `127.0.0.1:${control.port}`);
    const engine = new VaultEngine(control, home, temporary);
    control.sink.mode = { kind: 'unavailable' };
    await engine.send(letterCount);
    control.sink.mode = { kind: 'grpc', status: 3, message: 'never' };
    const status = async () => (await engine.callViewer('GetStatus')).message.status.vault;
    await until(async () => (await status()).deadLetters === letterCount);
    control.sink.mode = { kind: 'unavailable' };
    // Of 1 MB each: longer than what is under way to a caller who does not read.
    await engine.send(batchCount, 250_000);
    return engine;
  }

  private constructor(
    control: ControlEngine,
    home: CtlHome,
    temporary: ReturnType<typeof temporaryDirectory>,
  ) {
    this.control = control;
    this.home = home;
    this.#temporary = temporary;
    this.folder = join(temporary.path, 'vault');
  }

  /** In whatever state it is. */
  async kill(): Promise<void> {
    await this.control.kill();
    this.#temporary.remove();
  }

  async send(count: number, bodySizeBytes = 100): Promise<void> {
    const { port } = this.control.engine;
    const producer = await OracleProducer.connect({ port, bodySizeBytes });
    await producer.send(count);
    assert.equal(producer.acked.size, count);
    producer.close();
  }

  /** Batches of 1 MB that no compression makes smaller. */
  async sendNoise(count: number): Promise<void> {
    const { caPem, client } = await testCertificates();
    const session = http2.connect(`https://127.0.0.1:${this.control.engine.port}`, {
      ...{ ca: caPem, cert: client.certPem, key: client.keyPem, servername: 'localhost' },
    });
    for (let id = 0; id < count; id += 1) {
      assert.equal((await call(session, batchMessage(id, 1_000_000))).outcome, '0');
    }
    session.destroy();
  }

  /** On a connection of its own. */
  async callViewer(procedure: string, path?: string): Promise<ConnectReply> {
    const { viewer: pair } = await controlCertificates();
    const viewer = await ControlClient.connect(this.control.port, pair);
    const reply = await viewer.call(procedure, {}, path);
    viewer.close();
    return reply;
  }

  /** What gs-ctl prints for a program. */
  async data(exitCode: number, args: readonly string[]): Promise<JsonValue> {
    const run = await this.home.run(exitCode, [...args, '--context', 'viewer', '-o', 'json']);
    return JSON.parse(run.out);
  }

  isReading(): boolean {
    return threadNames(this.control).includes('vault-files');
  }

  niceOf(threadName: string): number {
    const tasks = `/proc/${this.control.engine.pid}/task`;
    const stats = readdirSync(tasks).map((id) => readFileSync(`${tasks}/${id}/stat`, 'utf8'));
    const stat = stats.find((text) => text.includes(`(${threadName})`)) ?? '';
    // proc(5): the 19th field; the name, which is the second, may hold blanks.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  }

  /** An export whose caller takes nothing after the first bytes. */
  async openSlowExport(): Promise<ClientHttp2Stream> {
    const { viewer: pair } = await controlCertificates();
    const { session } = await ControlClient.connect(this.control.port, pair);
    const stream = session.request({
      ':method': 'POST',
      ':path': `${vaultPath}/ExportVault`,
      'content-type': 'application/connect+json',
      'connect-protocol-version': '1',
    });
    stream.on('error', () => {}); // 'close' follows
    stream.on('close', () => session.destroy());
    const head = Buffer.from([0, 0, 0, 0, 2]);
    stream.end(Buffer.concat([head, Buffer.from('{}')]));
    await until(() => this.isReading());
    return stream;
  }
}

export function offline(args: readonly string[]): string {
  const launcher = new URL('../../bin/gophership', import.meta.url).pathname;
  const options = { maxBuffer: 512 * 1024 * 1024, encoding: 'utf8' } as const;
  return spawnSync(launcher, ['vault', ...args], options).stdout;
}

/** The last bytes of a stream, taken from now on, when it is over. */
export function restOf(stream: ClientHttp2Stream): Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('latin1')).slice(-2_000);
  });
  return new Promise((resolve) => stream.once('close', () => resolve(text)));
}

/** Of what nobody says when it happens. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!(await holds())) {
    assert.ok(performance.now() < endMs, `still not: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function threadNames({ engine }: ControlEngine): string[] {
  const tasks = `/proc/${engine.pid}/task`;
  return readdirSync(tasks).flatMap((id) => {
    try {
      return [readFileSync(`${tasks}/${id}/comm`, 'utf8').trim()];
    } catch {
      return []; // it has ended since
    }
  });
}
