// What a log line says about its own time and severity, for the formats that the bench reads.

import { SeverityNumber } from '../../src/generated/opentelemetry/proto/logs/v1/logs_pb.js';

export interface LineSeverity {
  readonly severityNumber: SeverityNumber;
  readonly severityText: string;
}

/** The first word that names a level; INFO where a line names none. */
export function severityOf(line: string): LineSeverity {
  const word = /\b(DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b/.exec(line)?.[1] ?? 'INFO';
  return { severityNumber: severityNumbers[word] ?? SeverityNumber.INFO, severityText: word };
}

const severityNumbers: Readonly<Record<string, SeverityNumber>> = {
  DEBUG: SeverityNumber.DEBUG,
  INFO: SeverityNumber.INFO,
  WARN: SeverityNumber.WARN,
  WARNING: SeverityNumber.WARN,
  ERROR: SeverityNumber.ERROR,
  FATAL: SeverityNumber.FATAL,
};

/** Reads the lines of one file in order: a line without a time has that of the line before it. */
export class LineClock {
  #unixNano = 1_750_000_000_000_000_000n;

  read(line: string): bigint {
    const unixMs = timeOf(line);
    if (!Number.isNaN(unixMs)) this.#unixNano = BigInt(unixMs) * 1_000_000n;
    return this.#unixNano;
  }
}

// 2025-06-24 14:36:25 status unpacked       dpkg, apt (with two spaces), OpenStack (with .008)
// 081109 203615 148 INFO dfs.DataNode       HDFS
// - 1131566461 2005.11.09 dn228 Nov 9       Thunderbird: seconds since 1970
function timeOf(line: string): number {
  const plain = /(\d{4}-\d\d-\d\d)[ T]{1,2}(\d\d:\d\d:\d\d(?:\.\d{3})?)/.exec(line);
  if (plain !== null) return Date.parse(`${plain[1]}T${plain[2]}Z`);
  const short = /^(\d\d)(\d\d)(\d\d) (\d\d)(\d\d)(\d\d) /.exec(line);
  if (short !== null) {
    const [, year, month, day, hour, minute, second] = short;
    return Date.parse(`20${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  }
  const seconds = /^\S+ (\d{10}) /.exec(line);
  return seconds === null ? Number.NaN : Number(seconds[1]) * 1000;
}
