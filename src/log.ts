// The process log: JSON lines on stderr, plain text on a terminal. Nothing is logged per record or
// per batch, and never a key, a body or a header value. One line per code (and exporter) in ten
// seconds; the next one says how many were held back.

import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { Clock } from './clock.ts';
import type { ErrorCode } from './errors.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  /** Once per life-cycle event. */
  info(message: string, fields?: LogFields): void;
  /** Unexpected, recovered, nothing lost. Held to one line per code in ten seconds. */
  warn(code: ErrorCode, message: string, fields?: LogFields): void;
  /** Data is lost or an operator must come. Held to one line per code in ten seconds. */
  error(code: ErrorCode, message: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
  readonly destination: { write(line: string): unknown };
  readonly clock: Clock;
}

const suppressionMs = 10_000;

export function createLog(options: LogOptions): Log {
  const { clock } = options;
  const destination =
    options.format === 'json' ? options.destination : { write: textWriter(options.destination) };
  const sink = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.wallMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination as pino.DestinationStream,
  );

  // By code and exporter, so that one failing destination does not hide another. Bounded by the
  // table of codes and the configured exporters.
  const lastByKey = new Map<string, { atMs: number; suppressed: number }>();
  function limited(level: 'warn' | 'error', code: ErrorCode, message: string, fields?: LogFields) {
    const key = `${code} ${fields?.exporter ?? ''}`;
    const last = lastByKey.get(key);
    if (last !== undefined && clock.nowMs() - last.atMs < suppressionMs) {
      last.suppressed += 1;
      return;
    }
    const suppressed = last === undefined || last.suppressed === 0 ? undefined : last.suppressed;
    lastByKey.set(key, { atMs: clock.nowMs(), suppressed: 0 });
    sink[level]({ code, ...fields, suppressed }, message);
  }

  return {
    debug: (message, fields) => sink.debug(fields ?? {}, message),
    info: (message, fields) => sink.info(fields ?? {}, message),
    warn: (code, message, fields) => limited('warn', code, message, fields),
    error: (code, message, fields) => limited('error', code, message, fields),
  };
}

/**
 * The log of a thread of this process, straight to file descriptor 2: lines of several threads do
 * not mix, and none waits in a buffer when the process ends.
 */
export function stderrLog(
  options: { readonly level: LogLevel; readonly format: 'json' | 'text' | 'auto' },
  clock: Clock,
): Log {
  const { level, format } = options;
  const text = format === 'text' || (format === 'auto' && isatty(2));
  const destination = pino.destination({ dest: 2, sync: true });
  return createLog({ level, format: text ? 'text' : 'json', destination, clock });
}

/** For code under test that must not speak. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

function textWriter(destination: LogOptions['destination']): (line: string) => void {
  return (line) => {
    const { time, level, msg, code, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const fields = Object.entries(rest).map(([key, value]) => ` ${key}=${String(value)}`);
    const head = `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)}`;
    const codeText = code === undefined ? '' : ` ${String(code)}:`;
    destination.write(`${head}${codeText} ${escapeControls(`${String(msg)}${fields.join('')}`)}\n`);
  };
}

/**
 * Control characters from file names, peers or downstream messages must not drive the reader's
 * terminal.
 */
function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
