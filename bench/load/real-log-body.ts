// The "real" body: lines of real log files as an agent that tails files sends them, 512 records in
// one request. The files are named by whoever runs the bench and has some (the samples of LogHub,
// say, which cannot be installed as a package); else they are logs that every Debian machine has.

import { accessSync, constants, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { integer, type LogBody, storeBody, text } from './log-bodies.ts';
import { LineClock, severityOf } from './log-line.ts';

export interface RealBody {
  readonly body: LogBody;
  /** For the report: which lines these are. */
  readonly source: string;
}

export const recordsPerRealBody = 512;

const systemLogPaths = [
  '/var/log/dpkg.log',
  '/var/log/apt/term.log',
  '/var/log/apt/history.log',
  '/var/log/alternatives.log',
];

/** `paths` are read from their beginnings in turn, a line each; empty means the system's own logs. */
export function writeRealBody(directory: string, paths: readonly string[]): RealBody {
  const chosen = paths.length > 0 ? paths : systemLogPaths.filter(isReadable);
  const lines = takeTurns(chosen.map(readLines), recordsPerRealBody);
  if (lines.length < recordsPerRealBody) {
    throw new Error(
      `${lines.length} log lines in ${chosen.join(', ')}, ${recordsPerRealBody} needed: use --logs`,
    );
  }
  const body = storeBody(directory, 'real', lines.length, encode(lines));
  const counts = chosen.map(
    (path) => `${lines.filter((line) => line.path === path).length} of ${path}`,
  );
  const origin = paths.length > 0 ? 'given files' : 'this machine, not of LogHub';
  return { body, source: `${lines.length} log lines of ${origin}: ${counts.join(', ')}` };
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false; // absent, or for others to read: the next one will do
  }
}

interface LogLine {
  readonly path: string;
  readonly text: string;
  /** Counted from 1, as agents do. */
  readonly number: number;
  readonly offsetBytes: number;
  readonly unixNano: bigint;
}

function readLines(path: string): LogLine[] {
  const clock = new LineClock();
  let offsetBytes = 0;
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line, index) => {
      const at = offsetBytes;
      offsetBytes += Buffer.byteLength(line) + 1;
      return { path, text: line, number: index + 1, offsetBytes: at, unixNano: clock.read(line) };
    })
    .filter((line) => line.text.trim() !== '');
}

/** One line of every file, then the next of every file that still has one. */
function takeTurns(files: readonly LogLine[][], linesMax: number): LogLine[] {
  const longest = Math.max(0, ...files.map((lines) => lines.length));
  const rows = Array.from({ length: longest }, (_, index) =>
    files.flatMap((lines) => lines[index] ?? []),
  );
  return rows.flat().slice(0, linesMax);
}

/** How long after it was written a line is read. */
const tailDelayNs = 200_000_000n;

// Attributes are those that the file receiver of the Collector can add to each record.
function encode(lines: readonly LogLine[]): Uint8Array {
  const logRecords = lines.map((line) => ({
    timeUnixNano: line.unixNano,
    observedTimeUnixNano: line.unixNano + tailDelayNs,
    ...severityOf(line.text),
    body: text(line.text),
    attributes: [
      { key: 'log.file.name', value: text(basename(line.path)) },
      { key: 'log.file.path', value: text(line.path) },
      { key: 'log.file.record_number', value: integer(BigInt(line.number)) },
      { key: 'log.file.record_offset', value: integer(BigInt(line.offsetBytes)) },
    ],
  }));
  const request = create(ExportLogsServiceRequestSchema, {
    resourceLogs: [
      {
        resource: {
          attributes: [
            { key: 'service.name', value: text('system') },
            { key: 'os.type', value: text('linux') },
          ],
        },
        scopeLogs: [{ scope: {}, logRecords }],
      },
    ],
  });
  return toBinary(ExportLogsServiceRequestSchema, request);
}
