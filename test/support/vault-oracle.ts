// Who knows what the engine owes, from outside of it: producers in processes of their own keep
// notes of what was sent and acknowledged, a sink keeps what arrived, and the two are compared.
// Producers and engine may be killed at any moment; the notes of all lives are one account.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExportLogsServiceRequest } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { oracleRecordsPerBatch, oracleText } from './oracle-batch.ts';
import { type RunningProcess, startProcess } from './running-process.ts';

/** Ids of batches; `acked` and `refused` are parts of `sent`, what is in none is not known. */
export interface OracleNotes {
  readonly sent: ReadonlySet<string>;
  readonly acked: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
}

export interface OracleAccount {
  readonly ackedCount: number;
  /** Acknowledged, and not there whole. */
  readonly lost: readonly string[];
  /** Records that nobody sent, by name. */
  readonly invented: readonly string[];
  /** Records that are not what their names say. */
  readonly altered: readonly string[];
  /** There whole without an acknowledgement, as when the answer met the kill. */
  readonly unacked: readonly string[];
  /** Arrivals of records beyond the first of each: at least once is the promise. */
  readonly duplicateRecords: number;
}

const producer = new URL('./vault-producer-process.ts', import.meta.url).pathname;

export class VaultOracle {
  readonly #directory: string;
  readonly #notesPath: string;
  #lives = 0;

  /** `directory` has the certificates, as writeTo() of certificates.ts leaves them. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#notesPath = join(directory, 'oracle-notes');
    writeFileSync(this.#notesPath, '');
  }

  /** Sends until it is killed or the connection ends. Each has ids of its own. */
  startProducer(port: number, inFlightMax = 8, firstBatch = 0): RunningProcess {
    const prefix = `life${this.#lives++}`;
    const numbers = [`${inFlightMax}`, `${firstBatch}`];
    const args = [producer, `${port}`, this.#directory, this.#notesPath, prefix, ...numbers];
    const name = `producer ${prefix}`;
    return startProcess({ name, command: process.execPath, args, directory: this.#directory });
  }

  /** Of all lives, now. */
  notes(): OracleNotes {
    const sets = { sent: new Set<string>(), acked: new Set<string>(), refused: new Set<string>() };
    const lines = readFileSync(this.#notesPath, 'utf8').split('\n');
    // A producer that is writing, or was killed at it, may leave a last line without its end.
    for (const line of lines.slice(0, -1)) {
      const found = /^(?<what>sent|acked|refused) (?<id>life\d+-\d+)$/.exec(line)?.groups;
      if (found === undefined) throw new Error(`notes have a bad line: ${line.slice(0, 100)}`);
      sets[found.what as keyof typeof sets].add(found.id ?? ''); // the pattern has these names
    }
    return sets;
  }

  /** Resolves when so many batches are acknowledged in all lives; rejects when time is up. */
  async untilAcked(count: number, timeoutMs = 20_000): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    while (this.notes().acked.size < count) {
      if (performance.now() > endMs) throw new Error(`not ${count} acknowledged in time`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  account(arrived: readonly ExportLogsServiceRequest[]): OracleAccount {
    return accountOf(this.notes(), arrived);
  }
}

export function accountOf(
  notes: OracleNotes,
  arrived: readonly ExportLogsServiceRequest[],
): OracleAccount {
  const arrivals = new OracleArrivals();
  arrivals.add(arrived);
  return arrivals.account(notes);
}

/** What has arrived, judged when it came: whoever adds requests need not keep them. */
export class OracleArrivals {
  readonly #timesByRecord = new Map<string, number>();
  readonly #altered = new Set<string>();
  readonly #strange: string[] = [];

  add(requests: readonly ExportLogsServiceRequest[]): void {
    for (const { eventName, body } of requests.flatMap(recordsOf)) {
      const { id = '', index = '' } = recordName.exec(eventName)?.groups ?? {};
      if (id === '' || Number(index) >= oracleRecordsPerBatch) this.#strange.push(eventName);
      else if (body?.value.value !== oracleText(id, Number(index))) this.#altered.add(eventName);
      else this.#timesByRecord.set(eventName, (this.#timesByRecord.get(eventName) ?? 0) + 1);
    }
  }

  /** Of these batches, how many are not there whole. */
  missingOf(ids: Iterable<string>): string[] {
    return [...ids].filter((id) => !this.#isWhole(id));
  }

  account(notes: OracleNotes): OracleAccount {
    const isSent = (name: string) => notes.sent.has(name.split('/')[0] ?? '');
    const names = [...this.#timesByRecord.keys(), ...this.#altered];
    const arrivals = [...this.#timesByRecord.values()].reduce((sum, times) => sum + times, 0);
    return {
      ackedCount: notes.acked.size,
      lost: this.missingOf(notes.acked),
      invented: [...this.#strange, ...names.filter((name) => !isSent(name))],
      altered: [...this.#altered].filter(isSent),
      unacked: [...notes.sent].filter((id) => !notes.acked.has(id) && this.#isWhole(id)),
      duplicateRecords: arrivals - this.#timesByRecord.size,
    };
  }

  #isWhole(id: string): boolean {
    for (let index = 0; index < oracleRecordsPerBatch; index += 1) {
      if (!this.#timesByRecord.has(`${id}/${index}`)) return false;
    }
    return true;
  }
}

const recordName = /^(?<id>life\d+-\d+)\/(?<index>\d+)$/;

function recordsOf({ resourceLogs }: ExportLogsServiceRequest) {
  return resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords));
}
