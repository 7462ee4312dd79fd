// The process log: JSON lines on stderr, plain text on a terminal. Nothing is logged per record or
// per batch, and never a key, a body or a header value. One line per code (and exporter) in ten
// seconds; the next one says how many were held back. Lines are few and flat, so no library makes
// them: one costs 2 MiB of heap in each thread.

import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
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
  const { clock, destination, format } = options;
  const levelIndexMin = levels.indexOf(options.level);
  const line = format === 'json' ? jsonLine : textLine;
  const write = (level: LogLevel, message: string, fields: LogFields = {}) => {
    if (levels.indexOf(level) < levelIndexMin) return;
    const time = new Date(clock.wallMs()).toISOString();
    destination.write(line({ level, time, message, fields }));
  };

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
    write(level, message, { code, ...fields, suppressed });
  }

  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
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
  return createLog({ level, format: text ? 'text' : 'json', destination: stderr, clock });
}

/** For code under test that must not speak. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

interface LogLine {
  readonly level: LogLevel;
  /** RFC 3339. */
  readonly time: string;
  readonly message: string;
  readonly fields: LogFields;
}

function jsonLine({ level, time, message, fields }: LogLine): string {
  return `${escapeControls(JSON.stringify({ level, time, ...fields, msg: message }))}\n`;
}

function textLine({ level, time, message, fields }: LogLine): string {
  const { code, ...rest } = fields;
  const shown = Object.entries(rest).filter(([, value]) => value !== undefined);
  const text = shown.map(([key, value]) => ` ${key}=${String(value)}`).join('');
  const head = `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)}`;
  const codeText = code === undefined ? '' : ` ${String(code)}:`;
  return `${head}${codeText} ${escapeControls(`${message}${text}`)}\n`;
}

const stderr = {
  write(line: string): void {
    const bytes = Buffer.from(line);
    let at = 0;
    for (let tries = 0; at < bytes.length && tries < fullPipeTriesMax; tries += 1) {
      try {
        at += writeSync(2, bytes, at);
      } catch (error) {
        // node:fs throws these. Nobody reads any more (EPIPE), or the disk is full: the engine goes
        // on without its log.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        Atomics.wait(pauseWord, 0, 0, fullPipeDelayMs);
      }
    }
  },
};

/** A pipe that somebody has set to non-blocking is full: its reader gets a second. */
const fullPipeDelayMs = 10;
const fullPipeTriesMax = 100;
const pauseWord = new Int32Array(new SharedArrayBuffer(4));

/**
 * Control characters from file names, peers, operators or downstream messages must not drive the
 * reader's terminal, reorder what he sees, or end the line for readers that know more ends of lines
 * than LF. In JSON, too, which lets most of them stand.
 */
function escapeControls(text: string): string {
  return text.replace(unprintable, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
