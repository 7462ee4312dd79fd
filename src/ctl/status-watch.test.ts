import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { fakeControl, fakeTerminal, statusSample } from '../../test/support/control-fake.ts';
import { Zone } from '../generated/gophership/control/v1/control_pb.js';
import { statusWatch } from './status-watch.ts';
import type { OutputFormat } from './terminal.ts';

/** Two statuses, two seconds apart, a pause, and one more. */
async function* statuses() {
  const at = (second: number, receivedRecords: number) =>
    statusSample({
      time: timestampFromMs(Date.UTC(2026, 0, 2, 3, 4, second)),
      flow: { receivedRecords, receivedBytes: receivedRecords * 1024 },
    });
  yield { event: { case: 'status' as const, value: at(1, 1_000) } };
  yield { event: { case: 'status' as const, value: at(3, 5_000) } };
  yield { event: { case: 'heartbeat' as const, value: Zone.RED } };
  yield { event: { case: 'status' as const, value: at(9, 9_000) } };
}

async function check(format: OutputFormat): Promise<string[]> {
  const terminal = fakeTerminal(format);
  const client = fakeControl({ service: { watchStatus: statuses } });
  const watching = statusWatch(terminal)(client, () => {});
  await assert.rejects(watching, { code: 'UNREACHABLE', exitCode: 3 });
  return terminal.shown().trimEnd().split('\n');
}

test('statusWatch() writes a line for each status, with rates since the one before', async () => {
  const [headings, ...lines] = await check('table');
  assert.match(headings!, /^TIME +ZONE +RECORDS\/S +BYTES\/S /);
  const cells = lines.map((line) => line.split(/ {2,}/).slice(0, 4));
  assert.deepEqual(cells, [
    ['03:04:01', 'Yellow', '-', '-'],
    ['03:04:03', 'Yellow', '2,000', '2.0 MiB'],
    ['-', 'Red', '-', '-'],
    ['03:04:09', 'Yellow', '-', '-'],
  ]);
  assert.match(lines[2]!, /live view paused$/);
});

test('statusWatch() gives programs an object a line', async () => {
  const lines = (await check('json')).map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ kind }) => kind),
    ['Status', 'Status', 'Heartbeat', 'Status'],
  );
  assert.deepEqual(lines[2], {
    ...{ apiVersion: 'gophership/v1', kind: 'Heartbeat', address: 'engine:4319', zone: 'red' },
  });
});
