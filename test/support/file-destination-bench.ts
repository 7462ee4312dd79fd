// A `file` destination in a temporary directory, over the real file system with a hook in front of
// each call, with requests whose records can be told apart.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FileExporterConfig } from '../../src/config/config.ts';
import type { Batch, BatchRenderer, Outcome } from '../../src/exporter/destination.ts';
import { createFileDestination } from '../../src/exporter/file-exporter.ts';
import type { FileCalls } from '../../src/exporter/json-lines-file.ts';
import { MiB } from '../../src/limits.ts';
import { silentLog } from '../../src/log.ts';
import {
  type DestinationCounter,
  StatePage,
  statePageSizeBytes,
} from '../../src/memory/state-page.ts';
import { FakeClock } from './fake-clock.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const bufferSizeBytes = 16 * MiB;
const exportBuffer = { offsetBytes: 8 * MiB, sizeBytes: 2 * MiB };

export const plainConfig: FileExporterConfig = {
  id: 'file',
  kind: 'file',
  required: true,
  path: 'logs.jsonl',
  rotation: { sizeBytesMax: 100 * MiB, backupsMax: 3 },
  queue: {
    consumersMax: 1,
    sizeBytesMax: 8 * MiB,
    batchesMax: 100,
    batch: { flushTimeoutMs: 200, sizeBytesMin: MiB, sizeBytesMax: 2 * MiB },
  },
  retry: { initialIntervalMs: 1_000, multiplier: 2, randomizationFactor: 0, intervalMsMax: 4_000 },
};

/** A request of `count` records whose severity text is `name` and their number. */
function requestBody(name: string, count: number, padding = ''): Buffer {
  const records = Array.from({ length: count }, (_, index) =>
    delimited(0x12, delimited(0x1a, Buffer.from(`${name}${index}${padding}`))),
  );
  return delimited(0x0a, delimited(0x12, Buffer.concat(records)));
}

function delimited(tag: number, content: Buffer): Buffer {
  const head = [tag];
  let rest = content.length;
  for (; rest >= 0x80; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...head, rest]), content]);
}

export interface Bench {
  readonly directory: string;
  readonly clock: FakeClock;
  readonly destination: ReturnType<typeof createFileDestination>;
  readonly counter: (counter: DestinationCounter) => number;
  /** Enqueues a request; the promise is its outcome. */
  send(name: string, count?: number, padding?: string): Promise<Outcome> & { abandon(): void };
  /** Severity texts in the file, in order; fails on a line that does not parse. */
  names(file?: string): string[];
}

export function bench(
  context: TestContext,
  options: { config?: Partial<FileExporterConfig>; calls?: FileCalls; directory?: string } = {},
): Bench {
  const temporary = options.directory ?? makeDirectory(context);
  const clock = new FakeClock();
  const buffer = new SharedArrayBuffer(bufferSizeBytes);
  const bytes = new Uint8Array(buffer);
  const page = new StatePage(new SharedArrayBuffer(statePageSizeBytes(1)), 0, 1);
  const counters = page.shard(0).destination(0);
  const destination = createFileDestination(
    { ...plainConfig, path: join(temporary, 'out', 'logs.jsonl'), ...options.config },
    {
      clock,
      log: silentLog,
      renderer: copyingRenderer(bytes),
      buffer,
      exportBuffer,
      counters,
      random: () => 0.5,
      shardIndex: 2,
    },
    options.calls ?? files,
  );
  context.after(() => destination.close());
  let offsetBytes = 64;
  return {
    directory: join(temporary, 'out'),
    clock,
    destination,
    counter: (counter) => counters.get(counter),
    send(name, count = 1, padding = '') {
      const body = requestBody(name, count, padding);
      bytes.set(body, offsetBytes);
      const batch: Batch = {
        bodyOffsetBytes: offsetBytes,
        bodyLengthBytes: body.length,
        resourceCount: 1,
        recordCount: count,
      };
      offsetBytes += body.length;
      let abandon = () => {};
      const outcome = new Promise<Outcome>((resolve) => {
        abandon = () => delivery.abandon();
        const delivery = destination.enqueue(batch, resolve);
      });
      return Object.assign(outcome, { abandon: () => abandon() });
    },
    names(file = 'logs.2.jsonl') {
      const text = readFileSync(join(temporary, 'out', file), 'utf8');
      assert.ok(text === '' || text.endsWith('\n'));
      return text
        .split('\n')
        .slice(0, -1)
        .flatMap((line) =>
          // The shape is what requestBody() wrote.
          JSON.parse(line).resourceLogs[0].scopeLogs[0].logRecords.map(
            (record: { severityText: string }) => record.severityText,
          ),
        );
    },
  };
}

export function makeDirectory(context: TestContext): string {
  const temporary = temporaryDirectory('file-exporter');
  context.after(() => temporary.remove());
  return temporary.path;
}

/** Copies; cuts requests of requestBody() by records of equal size. */
function copyingRenderer(bytes: Uint8Array): BatchRenderer {
  return {
    sizeBytesMax: (batch) => batch.bodyLengthBytes,
    renderBatch(batch, dst, capacity) {
      if (batch.bodyLengthBytes > capacity) return -1;
      bytes.copyWithin(dst, batch.bodyOffsetBytes, batch.bodyOffsetBytes + batch.bodyLengthBytes);
      return batch.bodyLengthBytes;
    },
    renderRecords(batch, recordFrom, recordTo, dst, capacity) {
      const name = `r${createHash('md5').update(String(batch.bodyOffsetBytes)).digest('hex')}-`;
      for (let recordEnd = recordTo; recordEnd > recordFrom; ) {
        const padding = 'x'.repeat(Math.floor(batch.bodyLengthBytes / batch.recordCount));
        const body = requestBody(name, recordEnd - recordFrom, padding);
        if (body.length <= capacity) {
          bytes.set(body, dst);
          return { lengthBytes: body.length, recordEnd };
        }
        recordEnd = recordFrom + Math.floor((recordEnd - recordFrom) / 2);
      }
      return { lengthBytes: 0, recordEnd: recordFrom };
    },
  };
}

export type HandleCall = 'write' | 'datasync' | 'truncate';

/** The real file system, with a hook before each call on a file opened for writing. */
export function hookedCalls(hook: (call: HandleCall) => void | Promise<void>): FileCalls {
  return {
    ...files,
    async open(path, flags, mode) {
      const handle = await files.open(path, flags, mode);
      return new Proxy(handle, {
        get(target, key) {
          // FileHandle keeps its state in private fields: methods must be called on the real one.
          const value = Reflect.get(target, key, target) as unknown;
          if (typeof value !== 'function') return value;
          if (key !== 'write' && key !== 'datasync' && key !== 'truncate')
            return value.bind(target);
          return async (...given: unknown[]) => {
            await hook(key);
            return value.apply(target, given);
          };
        },
      });
    },
  };
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as the test wants`), { code, syscall: 'write' });
}

export const delivered = { kind: 1, rejectedRecords: 0, message: '' };
export const abandoned = { kind: 3, rejectedRecords: 0, message: '' };

/** Lets all file calls that are under way, and what follows from them, come to an end. */
export async function settled(check: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!check() && performance.now() < endMs) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(check(), 'not reached');
}
