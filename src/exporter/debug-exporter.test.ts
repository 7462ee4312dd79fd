import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { DebugExporterConfig } from '../config/config.ts';
import { ExportLogsServiceRequestSchema } from '../generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { KiB } from '../limits.ts';
import { DestinationCounter, StatePage, statePageSizeBytes } from '../memory/state-page.ts';
import { createDebugDestination } from './debug-exporter.ts';
import type { Batch } from './destination.ts';

const exportBuffer = { offsetBytes: 512 * KiB, sizeBytes: 256 * KiB };

function bench(
  config: Partial<DebugExporterConfig>,
  recordText = 'hello',
  recordCount = 1,
  stderr: { writableLength?: number } = {},
) {
  const request = create(ExportLogsServiceRequestSchema, {
    resourceLogs: [
      {
        scopeLogs: [
          {
            logRecords: Array.from({ length: recordCount }, () => ({
              timeUnixNano: 1_700_000_000_000_000_000n,
              severityText: 'INFO',
              body: { value: { case: 'stringValue' as const, value: recordText } },
              attributes: [
                { key: 'k', value: { value: { case: 'intValue' as const, value: 7n } } },
              ],
            })),
          },
        ],
      },
    ],
  });
  const body = toBinary(ExportLogsServiceRequestSchema, request);
  const buffer = new SharedArrayBuffer(1024 * KiB);
  const bytes = new Uint8Array(buffer);
  bytes.set(body, 64);
  const batch: Batch = {
    bodyOffsetBytes: 64,
    bodyLengthBytes: body.length,
    resourceCount: 1,
    recordCount,
  };
  const clock = new FakeClock();
  const counters = new StatePage(new SharedArrayBuffer(statePageSizeBytes(1)), 0, 1)
    .shard(0)
    .destination(0);
  const printed: string[] = [];
  const destination = createDebugDestination(
    {
      id: 'debug',
      kind: 'debug',
      required: false,
      verbosity: 'basic',
      samplingInitial: 2,
      samplingThereafter: 3,
      queue: {
        consumersMax: 1,
        sizeBytesMax: 1,
        batchesMax: 1,
        batch: { flushTimeoutMs: 0, sizeBytesMin: 0, sizeBytesMax: 1 },
      },
      retry: { initialIntervalMs: 1, multiplier: 1, randomizationFactor: 0, intervalMsMax: 1 },
      ...config,
    },
    {
      clock,
      counters,
      buffer,
      exportBuffer,
      renderer: {
        sizeBytesMax: () => body.length,
        renderBatch: () => -1,
        renderRecords(_batch, recordFrom, recordTo, dst, capacity) {
          if (body.length > capacity) return { lengthBytes: 0, recordEnd: recordFrom };
          bytes.set(body, dst);
          return { lengthBytes: body.length, recordEnd: recordTo };
        },
      },
      stderr: {
        ...stderr,
        write(chunk: string) {
          printed.push(chunk);
          return true;
        },
      },
    },
  );
  return { batch, clock, counters, destination, printed };
}

test('enqueue() settles as delivered after it returned; idle() waits for that', async () => {
  const { batch, destination, counters, printed } = bench({});
  const kinds: number[] = [];
  destination.enqueue(batch, (outcome) => kinds.push(outcome.kind)).abandon();
  assert.deepEqual(kinds, []);
  await destination.idle();
  assert.deepEqual(kinds, [1]);
  assert.equal(counters.get(DestinationCounter.DeliveredRecords), 1);
  assert.deepEqual(printed, [`debug: 1 resources, 1 records, ${batch.bodyLengthBytes} bytes\n`]);
});

test('enqueue() prints the first of a second, then each n-th, and counts the others', async () => {
  const { batch, clock, destination, printed } = bench({});
  const send = (count: number) => {
    for (let index = 0; index < count; index += 1) destination.enqueue(batch, () => {});
  };
  send(8); // 1st and 2nd, then 5th and 8th
  assert.equal(printed.length, 4);
  assert.match(printed[2] ?? '', /, 2 batches not shown\n$/);
  clock.advance(1_000);
  send(2);
  assert.equal(printed.length, 6);
  await destination.close();
});

test('enqueue() prints one escaped line a record with verbosity normal', () => {
  const { batch, destination, printed } = bench({ verbosity: 'normal' }, 'a\u001b[31m\nb\u202e');
  destination.enqueue(batch, () => {});
  const [, line, end] = (printed[0] ?? '').split('\n');
  assert.equal(line, '2023-11-14T22:13:20.000Z INFO a\\u001b[31m\\u000ab\\u202e k=7');
  assert.equal(end, '');
});

test('enqueue() prints everything with verbosity detailed', () => {
  const { batch, destination, printed } = bench({ verbosity: 'detailed' }, 'a\u0007\u009b');
  destination.enqueue(batch, () => {});
  const [head = '', ...lines] = (printed[0] ?? '').split('\n');
  assert.match(head, /^debug: 1 resources/);
  const text = JSON.parse(lines.join('\n')).resourceLogs[0].scopeLogs[0].logRecords[0].body
    .stringValue;
  assert.equal(text, 'a\u0007\u009b');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
  assert.doesNotMatch(lines.join(''), /[\u0000-\u001f\u007f-\u009f]/);
});

test('enqueue() bounds what it prints, and waits for a terminal that does not keep up', () => {
  const many = bench({ verbosity: 'normal' }, 'x'.repeat(500), 120);
  many.destination.enqueue(many.batch, () => {});
  assert.ok((many.printed[0] ?? '').length < 66 * KiB);
  const large = bench({ verbosity: 'normal' }, 'x'.repeat(100 * KiB));
  large.destination.enqueue(large.batch, () => {});
  assert.match(large.printed[0] ?? '', /too large to show/);
  const slow = bench({}, 'hello', 1, { writableLength: 2 * 1024 * KiB });
  slow.destination.enqueue(slow.batch, () => {});
  assert.deepEqual(slow.printed, []);
});
