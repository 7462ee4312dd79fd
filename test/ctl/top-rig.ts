// An engine for the tests of `gs-ctl top`: real mTLS, a status several times a second, and a record
// of what it was told to change. It can go away and come back.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create } from '@bufbuild/protobuf';
import { durationFromMs, durationMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { CallerService } from '../../src/generated/gophership/control/v1/caller_pb.js';
import {
  EventSchema,
  SignalUnit,
  Zone,
} from '../../src/generated/gophership/control/v1/control_pb.js';
import { ReplayService } from '../../src/generated/gophership/control/v1/replay_pb.js';
import { type CertificateFiles, writeTo } from '../support/certificates.ts';
import { type FakeService, statusSample } from '../support/control-fake.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type TerminalModes, TmuxTerminal } from '../support/tmux-terminal.ts';
import { type ControlSink, openControlSink } from './control-sink.ts';

/** What a terminal is like while top has it. */
export const inTop: TerminalModes = { isAlternate: true, hasCursor: false, wraps: false };

const beginMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const statusPauseMs = 150;

export class TopRig {
  /** Red: only heartbeats. */
  zone: Zone = Zone.YELLOW;
  role = 'operator';
  host = 'web-1';
  /** It knows nobody any more. */
  isDenying = false;
  /** What it was told to change. */
  readonly told: unknown[] = [];
  readonly directory = temporaryDirectory('top');
  readonly #terminals: TmuxTerminal[] = [];
  #sink: ControlSink | undefined;
  #port = 0;
  #seconds = 0;

  static async open(): Promise<TopRig> {
    const rig = new TopRig();
    const files = await writeTo(join(rig.directory.path, 'certs'));
    await rig.comeBack();
    rig.#writeLauncher('top', files);
    return rig;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  terminal(columns: number, rows: number, environment: Record<string, string> = {}): TmuxTerminal {
    const directory = this.directory.path;
    const terminal = new TmuxTerminal({ columns, rows, directory, environment });
    this.#terminals.push(terminal);
    return terminal;
  }

  /** With top on its screen; `exit=N` follows on its end. */
  async started(
    columns = 80,
    rows = 24,
    environment: Record<string, string> = {},
  ): Promise<TmuxTerminal> {
    const terminal = this.terminal(columns, rows, environment);
    terminal.run('./top; echo "exit=$?"');
    await terminal.see(/SIGNALS/);
    assert.deepEqual(terminal.modes, inTop);
    return terminal;
  }

  /** Of the program that was started last. */
  get pid(): number {
    return Number(readFileSync(join(this.directory.path, 'pid'), 'utf8'));
  }

  /** As it was at first. */
  reset(): void {
    this.zone = Zone.YELLOW;
    this.role = 'operator';
    this.host = 'web-1';
    this.isDenying = false;
    this.told.splice(0);
  }

  goAway(): void {
    this.#sink?.close();
    this.#sink = undefined;
  }

  async comeBack(): Promise<void> {
    const serve = (router: ConnectRouter) => this.#serve(router);
    this.#sink = await openControlSink({ service: this.#service(), serve }, this.#port);
    this.#port = Number(this.#sink.address.split(':')[1]);
  }

  /** Connections that are open. */
  get connectionCount(): number {
    return this.#sink?.sessions.size ?? 0;
  }

  async close(): Promise<void> {
    for (const terminal of this.#terminals) await terminal.close();
    this.goAway();
    this.directory.remove();
  }

  /** The shell's `./top` is gs-ctl with this engine as its target, and `pid` the file of its number. */
  #writeLauncher(name: string, files: CertificateFiles): void {
    const gsCtl = fileURLToPath(new URL('../../bin/gs-ctl', import.meta.url));
    const node = process.execPath;
    const crashing = fileURLToPath(new URL('./crashing-top.ts', import.meta.url));
    const target = `--address ${this.address} --ca ${files.ca}`;
    const identity = `--cert ${files.clientCert} --key ${files.clientKey}`;
    const script = (command: string) => `#!/bin/sh\necho $$ > pid\nexec ${command}\n`;
    const write = (file: string, command: string) =>
      writeFileSync(join(this.directory.path, file), script(command), { mode: 0o700 });
    write(name, `'${gsCtl}' top ${target} ${identity} "$@"`);
    const words = [this.address, files.ca, files.clientCert, files.clientKey];
    write('crashing-top', `'${node}' '${crashing}' ${words.join(' ')} "$@"`);
  }

  #status() {
    this.#seconds += 1;
    const { zone, host } = this;
    const received = 1_000 * this.#seconds;
    const names = [
      'arena_percent',
      'host_memory_percent',
      'psi_cpu_some_percent',
      'loop_delay_p99',
    ];
    return statusSample({
      host,
      time: timestampFromMs(beginMs + this.#seconds * 1_000),
      zone: {
        ...{ zone, computedZone: zone, duration: durationFromMs(12_000) },
        reason: 'arena_percent 71.3 % (until below 48 %)',
      },
      signals: names.map((name, index) => ({
        ...{ name, unit: SignalUnit.PERCENT, value: 20 * index + (this.#seconds % 10) },
        ...{ yellow: 60, red: 85, holds: index === 3 ? Zone.YELLOW : Zone.GREEN },
      })),
      flow: { receivedBatches: received, receivedRecords: received * 10, ackedBatches: received },
    });
  }

  #service(): FakeService {
    const check = () => {
      if (!this.isDenying) return;
      throw new ConnectError('CONTROL_DENIED: no role any more', Code.PermissionDenied);
    };
    const rig = this;
    return {
      getStatus: () => ({ status: this.#status() }),
      async *watchStatus(_, { signal }) {
        check();
        while (!signal.aborted) {
          const isRed = rig.zone === Zone.RED;
          yield isRed
            ? { event: { case: 'heartbeat' as const, value: rig.zone } }
            : { event: { case: 'status' as const, value: rig.#status() } };
          await new Promise((resolve) => setTimeout(resolve, statusPauseMs));
        }
      },
      listEvents: () => ({ events: [eventSample] }),
      async *watchEvents(_, { signal }) {
        yield { event: eventSample };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      getLedger: () => ({
        isBalanced: true,
        intake: { received: 12_345, acked: 12_345 },
        rows: [{ destination: 'otlp_grpc/central', acked: 12_345, delivered: 12_340, inVault: 5 }],
      }),
      setOverride: ({ zone, duration, reason }) => {
        this.told.push([zone, duration && durationMs(duration), reason]);
        return {};
      },
    };
  }

  #serve(router: ConnectRouter): void {
    router.service(CallerService, { getCaller: () => ({ subject: 'CN=me', role: this.role }) });
    router.service(ReplayService, {
      getReplay: () => ({ replay: { state: 'running', destinations: [{ waitingBatches: 20 }] } }),
      pauseReplay: ({ reason }) => {
        this.told.push(['pause', reason]);
        return {};
      },
    });
  }
}

const eventSample = create(EventSchema, {
  time: timestampFromMs(beginMs),
  event: {
    case: 'zoneChange',
    value: { from: Zone.GREEN, to: Zone.YELLOW, cause: 'signal', reason: '' },
  },
});
