// Counts the answers of one `gs-ctl send` run and turns them into the report and the exit code.

import { Status } from '../errors.ts';
import { connectionFault, faultText } from './connection-fault.ts';
import { CtlExit } from './exit-code.ts';
import type { SendAnswer } from './send-client.ts';
import { columns, show, type Terminal } from './terminal.ts';

interface CodeRow {
  count: number;
  /** The first message seen; later ones only count. */
  message: string;
}

export class SendTally {
  readonly #address: string;
  readonly #latenciesMs: number[] = [];
  // Bounded by gRPC's 17 codes, PARTIAL, TIMEOUT and UNREACHABLE.
  readonly #byCode = new Map<string, CodeRow>();
  #acked = 0;
  #records = 0;
  #rejected = 0;
  #timedOut = 0;
  #fault: Error | undefined;
  #planned = 0;
  #elapsedMs = 0;

  constructor(address: string) {
    this.#address = address;
  }

  /** True once the connection has failed: what has not been sent stays unsent. */
  get connectionLost(): boolean {
    return this.#fault !== undefined;
  }

  add(
    answer: SendAnswer,
    latencyMs: number,
    rejected: { readonly count: number; readonly message: string },
    records: number,
  ): void {
    if (answer.kind === 'timeout') {
      this.#timedOut += 1;
      this.#count('TIMEOUT', 'no answer in time; whether it arrived is unknown');
    } else if (answer.kind === 'unreachable') {
      this.#fault ??= answer.error;
      this.#count('UNREACHABLE', faultText(answer.error));
    } else {
      this.#latenciesMs.push(latencyMs);
      this.#addAnswer(answer.status, answer.message, rejected, records);
    }
  }

  finish(planned: number, elapsedMs: number): void {
    this.#planned = planned;
    this.#elapsedMs = elapsedMs;
  }

  /** Prints the report; throws when not one batch could be sent, because then there is none. */
  async report(terminal: Terminal): Promise<void> {
    const answered = this.#latenciesMs.length + this.#timedOut;
    if (this.#fault !== undefined && answered === 0) {
      throw connectionFault(this.#address, this.#fault, portHint);
    }
    const codes = [...this.#byCode].map(([code, row]) => ({ code, ...row }));
    const latencyMs = this.#latencies();
    const value = {
      kind: 'SendReport',
      address: this.#address,
      batches: this.#planned,
      acked: this.#acked,
      recordsAcked: this.#records,
      recordsRejected: this.#rejected,
      elapsedMs: rounded(this.#elapsedMs),
      latencyMs,
      codes,
    };
    await show(terminal, value, () => {
      const summary = columns(
        ['TARGET', 'BATCHES', 'ACKED', 'RECORDS', 'P50', 'P99', 'MAX'],
        [
          [
            this.#address,
            String(this.#planned),
            String(this.#acked),
            String(this.#records),
            ...[latencyMs.p50, latencyMs.p99, latencyMs.max].map((ms) =>
              ms === undefined ? '-' : `${ms} ms`,
            ),
          ],
        ],
      );
      const rows = codes.map(({ code, count, message }) => [code, String(count), message]);
      return `${summary}\n${columns(['CODE', 'COUNT', 'MESSAGE'], rows)}`;
    });
  }

  exitCode(): CtlExit {
    const complete = this.#rejected === 0;
    if (this.#acked === this.#planned && complete) return CtlExit.Done;
    if (this.#fault !== undefined) return CtlExit.Unreachable;
    const late = this.#acked + this.#timedOut === this.#planned && complete;
    return late ? CtlExit.TimedOut : CtlExit.No;
  }

  #addAnswer(
    status: number,
    message: string,
    rejected: { readonly count: number; readonly message: string },
    records: number,
  ): void {
    if (status !== Status.Ok) {
      this.#count(statusName(status), message);
      return;
    }
    this.#acked += 1;
    this.#records += records - rejected.count;
    this.#rejected += rejected.count;
    this.#count(rejected.count > 0 ? 'PARTIAL' : 'OK', rejected.message);
  }

  #count(code: string, message: string): void {
    const row = this.#byCode.get(code);
    if (row === undefined) this.#byCode.set(code, { count: 1, message });
    else row.count += 1;
  }

  #latencies() {
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b);
    const at = (quantile: number) => {
      const value = sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)];
      return value === undefined ? undefined : rounded(value);
    };
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}

const portHint = 'is the engine running, and is this its OTLP gRPC port (4317)?';

function statusName(status: number): string {
  const found = Object.entries(Status).find(([, value]) => value === status)?.[0];
  if (found === undefined) return `STATUS_${status}`;
  return found.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
