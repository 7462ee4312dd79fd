// An engine with a vault in which batches wait, because the sink has refused them, and gs-ctl for
// it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { OracleProducer } from '../support/oracle-producer.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { quickRetry } from '../vault-engine/engine-rig.ts';
import { type ControlCertificates, controlCertificates } from './control-certificates.ts';
import { ControlClient, type JsonValue } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';
import { type CtlHome, ctlHome } from './ctl-contexts.ts';

const services = {
  Control: '/gophership.control.v1.ControlService',
  Replay: '/gophership.control.v1.ReplayService',
  Drain: '/gophership.control.v1.DrainService',
} as const;

export class BacklogEngine {
  readonly control: ControlEngine;
  readonly home: CtlHome;
  readonly certificates: ControlCertificates;
  readonly #producer: OracleProducer;
  readonly #vault: { remove(): void };

  private constructor(
    control: ControlEngine,
    home: CtlHome,
    certificates: ControlCertificates,
    producer: OracleProducer,
    vault: { remove(): void },
  ) {
    this.control = control;
    this.home = home;
    this.certificates = certificates;
    this.#producer = producer;
    this.#vault = vault;
  }

  /** @param sections further ones of the configuration */
  static async start(sections: object = {}): Promise<BacklogEngine> {
    const directory = temporaryDirectory('backlog');
    const vault = { directory: join(directory.path, 'vault'), limit: '512MiB', min_free: 0 };
    const control = await startControlEngine({
      exporter: { timeout: '2s', retry_on_failure: quickRetry },
      sections: { vault, ...sections },
    });
    const certificates = await controlCertificates();
    return new BacklogEngine(
      control,
      await ctlHome(control.directory, `127.0.0.1:${control.port}`),
      certificates,
      await OracleProducer.connect({ port: control.engine.port }),
      directory,
    );
  }

  /** The sink refuses, and so many batches more are acknowledged because the vault has them. */
  async fill(count: number): Promise<void> {
    const before = await this.waiting();
    this.control.sink.mode = { kind: 'unavailable' };
    await this.send(count);
    await this.until(async () => (await this.waiting()) === before + count, 'all wait');
  }

  /** All are acknowledged. */
  async send(count: number): Promise<void> {
    const before = this.#producer.acked.size;
    await this.#producer.send(count);
    assert.equal(this.#producer.acked.size, before + count);
  }

  /** Batches in the vault. */
  async waiting(): Promise<number> {
    const { status } = await this.read('Control', 'GetStatus');
    return status.replay.waitingBatches ?? 0;
  }

  async read(service: keyof typeof services, procedure: string): Promise<JsonValue> {
    const { code, errorText, message } = await this.call('viewer', service, procedure);
    assert.equal(code, 'ok', errorText);
    return message;
  }

  async call(
    role: 'operator' | 'viewer',
    service: keyof typeof services,
    procedure: string,
    message: object = {},
  ) {
    return this.#with(role, (client) => client.call(procedure, message, services[service]));
  }

  /** What gs-ctl prints as JSON. */
  async ctl(exitCode: number, args: readonly string[]): Promise<JsonValue> {
    return JSON.parse((await this.home.run(exitCode, [...args, '-o', 'json'])).out);
  }

  readyz() {
    return this.#with('viewer', (client) => client.get('/readyz'));
  }

  async #with<Result>(
    role: 'operator' | 'viewer',
    use: (client: ControlClient) => Promise<Result>,
  ): Promise<Result> {
    const client = await ControlClient.connect(this.control.port, this.certificates[role]);
    try {
      return await use(client);
    } finally {
      client.close();
    }
  }

  async until(condition: () => Promise<boolean>, what: string): Promise<void> {
    const endMs = performance.now() + 20_000;
    while (!(await condition())) {
      if (performance.now() > endMs) throw new Error(`not in 20 s: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close(): Promise<void> {
    this.#producer.close();
    try {
      await this.control.close();
    } finally {
      await this.control.kill();
      this.#vault.remove();
    }
  }
}
