import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeControl, fakeTerminal, statusSample } from '../../../test/support/control-fake.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { eventSample } from '../../../test/support/top-states.ts';
import { HistoryService } from '../../generated/gophership/control/v1/history_pb.js';
import type { Terminal } from '../terminal.ts';
import { cellWidth } from './cell-width.ts';
import { frame } from './frame.ts';
import { top } from './top.ts';
import { topOnce } from './top-once.ts';

async function once(changes: Partial<Terminal> = {}): Promise<string> {
  const terminal = fakeTerminal();
  const client = fakeControl({
    service: {
      getStatus: () => ({ status: statusSample() }),
      listEvents: () => ({ events: [eventSample()] }),
    },
    serve: (router) =>
      router.service(HistoryService, {
        getHistory: () => ({ time: [1_000], receivedBatchesPerSecond: [77] }),
      }),
  });
  const exit = await topOnce(client, { ...terminal, ...changes }, new FakeClock(), frame);
  assert.equal(exit, 0);
  return terminal.shown();
}

test('topOnce() prints one frame without escape sequences, keys or blank lines at its end', async () => {
  const text = await once();
  assert.match(text, /^GopherShip web-1 /);
  assert.match(text, /^ received +77 /m);
  assert.match(text, /EVENTS\n 03:04:05.*\n$/);
  assert.ok(!text.includes('\u001b') && !text.includes('quit'));
});

test('topOnce() is as wide as the terminal, else as COLUMNS says, else 80', async () => {
  const width = async (changes?: Partial<Terminal>) =>
    Math.max(...(await once(changes)).split('\n').map(cellWidth));
  assert.ok((await width()) <= 80 && (await width()) > 70);
  assert.ok((await width({ environment: { COLUMNS: '50' } })) <= 50);
  assert.ok(
    (await width({ size: { columns: 150, rows: 40 }, environment: { COLUMNS: '50' } })) > 120,
  );
  assert.ok((await width({ environment: { COLUMNS: '-3' } })) > 70);
});

test('topOnce() has colours where tables have', async () => {
  const text = await once({ hasColours: true });
  assert.ok(text.includes('\u001b[1;7;33m Yellow \u001b[0m'), text);
});

test('top() needs a terminal, and has nothing for programs', async () => {
  const flags = { timeoutMs: 1_000 };
  const usage = { code: 'USAGE', exitCode: 64 };
  await assert.rejects(top(flags, fakeTerminal()), { ...usage, hint: /--once/ });
  await assert.rejects(top(flags, fakeTerminal('json')), { ...usage, hint: /status --watch/ });
});
