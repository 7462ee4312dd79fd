// Those who come to look when it burns: tabs of a dashboard, a terminal that taps, Prometheus,
// probes, and an operator who asks about the vault. Each call must have an answer, and the watches
// must go on, whatever the zone.

import { setTimeout as elapsed } from 'node:timers/promises';
import type { ConnectStream } from '../control/connect-stream.ts';
import { type ControlCertificates, controlCertificates } from '../control/control-certificates.ts';
import { ControlClient, requestHttp1 } from '../control/control-client.ts';

const tabCount = 3;
const askEveryMs = 1_000;
const vaultEveryMs = 5_000;
const service = (name: string) => `/gophership.control.v1.${name}`;

/** In Red, or while memory is short, the engine reads nothing of its vault for operators. */
const readsPaused = 'CONTROL_READS_PAUSED';

export class Onlookers {
  readonly #port: number;
  readonly #certificates: ControlCertificates;
  readonly #clients: ControlClient[] = [];
  readonly #watches: ConnectStream[] = [];
  /** Of them: whatever happens, there is a status. */
  readonly #statuses: ConnectStream[] = [];
  readonly #loops: Promise<void>[] = [];
  readonly #problems = new Map<string, number>();
  #answerCount = 0;
  #isOver = false;

  static async start(port: number): Promise<Onlookers> {
    const onlookers = new Onlookers(port, await controlCertificates());
    await onlookers.#begin();
    return onlookers;
  }

  private constructor(port: number, certificates: ControlCertificates) {
    this.#port = port;
    this.#certificates = certificates;
  }

  /** What they saw, in words. */
  get text(): string {
    const messages = this.#watches.reduce((sum, { receivedCount }) => sum + receivedCount, 0);
    return `${this.#answerCount} answers, ${messages} messages of ${this.#watches.length} watches`;
  }

  /** They leave; what they were refused. */
  async end(): Promise<string[]> {
    const silent = this.#statuses.filter(({ receivedCount }) => receivedCount === 0).length;
    this.#isOver = true;
    await Promise.all(this.#loops);
    for (const client of this.#clients) client.close();
    if (silent > 0) this.#problem(`a watch of the status that said nothing (${silent})`);
    if (this.#answerCount === 0) this.#problem('no answer at all');
    return [...this.#problems].map(([what, count]) => `${count} times ${what}`);
  }

  async #begin(): Promise<void> {
    const { operator, producer, viewer } = this.#certificates;
    for (let tab = 0; tab < tabCount; tab += 1) await this.#openTab();
    const terminal = await this.#connect();
    this.#watch(terminal.watch('Tap', {}, service('TapService')), 'tap');
    this.#watch(terminal.watch('WatchEvents', {}), 'events');
    this.#again('explain', async () => (await terminal.call('Explain')).code);
    this.#again(
      'vault',
      async () => {
        const { code, errorText } = await terminal.call(
          'ListSegments',
          {},
          service('VaultService'),
        );
        return errorText.includes(readsPaused) ? 'ok' : code;
      },
      vaultEveryMs,
    );
    // A connection each time, as of programs that are started for one question.
    const page = async (path: string, pair = viewer) => {
      const { status } = await requestHttp1(this.#port, pair, { path });
      return status === 200 ? 'ok' : String(status);
    };
    this.#again('metrics', () => page('/metrics'));
    this.#again('readiness', () => page('/readyz?verbose', producer));
    this.#again('status', async () => {
      const client = await ControlClient.connect(this.#port, operator);
      try {
        return (await client.call('GetStatus')).code;
      } finally {
        client.close();
      }
    });
  }

  async #openTab(): Promise<void> {
    const client = await this.#connect();
    const status = client.watch('WatchStatus');
    this.#statuses.push(status);
    this.#watch(status, 'status');
    let since = 0;
    this.#again('history', async () => {
      const { code, message } = await client.call(
        'GetHistory',
        { since },
        service('HistoryService'),
      );
      since = message.time?.at(-1) ?? since;
      return code;
    });
  }

  async #connect(): Promise<ControlClient> {
    const client = await ControlClient.connect(this.#port, this.#certificates.viewer);
    this.#clients.push(client);
    return client;
  }

  #watch(stream: ConnectStream, name: string): void {
    this.#watches.push(stream);
    void stream.ended.then(({ code, errorText }) => {
      if (!this.#isOver) this.#problem(`watch of ${name}: ${code} ${errorText}`);
    });
  }

  /** Until the end; `ask` gives the code of the answer. */
  #again(name: string, ask: () => Promise<string>, everyMs = askEveryMs): void {
    const loop = async () => {
      while (!this.#isOver) {
        try {
          const code = await ask();
          if (code === 'ok') this.#answerCount += 1;
          else this.#problem(`${name}: ${code}`);
        } catch (error) {
          this.#problem(`${name}: ${String(error)}`);
        }
        await elapsed(everyMs);
      }
    };
    this.#loops.push(loop());
  }

  #problem(what: string): void {
    this.#problems.set(what, (this.#problems.get(what) ?? 0) + 1);
  }
}
