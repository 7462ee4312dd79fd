import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeControl, fakeTerminal } from '../../test/support/control-fake.ts';
import { showLedger } from './ledger.ts';

/** An engine whose ledger is balanced from the `balancedAt`-th read on. */
async function check(balancedAt: number, exitCode: number, readCount: number) {
  let reads = 0;
  const client = fakeControl({
    service: {
      getLedger() {
        reads += 1;
        const difference = reads >= balancedAt ? 0 : 2;
        return {
          isBalanced: difference === 0,
          intake: { received: 1_002, acked: 1_000, refused: 2 - difference, difference },
          rows: [{ destination: 'file', acked: 1_000, delivered: 990, inVault: 10, difference }],
        };
      },
    },
  });
  const terminal = fakeTerminal();
  assert.equal(await showLedger(client, terminal, async () => {}), exitCode);
  assert.equal(reads, readCount);
  return terminal;
}

test('showLedger() exits with 0 when every batch is accounted for', async () => {
  const terminal = await check(1, 0, 1);
  assert.match(terminal.shown(), /^1,002 +1,000 +2 +0 +0 +0$/m);
  assert.match(terminal.shown(), /^file +1,000 +0 +0 +990 +10 /m);
  assert.match(terminal.shown(), /^balanced: every batch is accounted for$/m);
  assert.equal(terminal.told(), '');
});

test('showLedger() looks again before it calls a difference one', async () => {
  await check(3, 0, 3);
});

test('showLedger() exits with 1 for a difference that stays', async () => {
  const terminal = await check(99, 1, 5);
  assert.match(terminal.shown(), /^not balanced$/m);
  assert.match(terminal.told(), /^hint: /);
});

test('showLedger() has a row for each producer, the busiest first, where it is asked for', async () => {
  const sources = [
    { source: 'CN=calm', received: 5, acked: 4, refused: 0, gone: 0, inFlight: 1 },
    { source: '', received: 3, acked: 3, receivedBytes: 2_048, ackedRecords: 30 },
    { source: 'CN=busy\u001b[2J', received: 1_500, acked: 1_400, refused: 90, gone: 10 },
  ];
  const client = fakeControl({
    service: {
      getLedger: ({ bySource }) => ({ isBalanced: true, sources: bySource ? sources : [] }),
    },
  });
  const shown = async (format: 'table' | 'json', bySource: boolean) => {
    const terminal = fakeTerminal(format);
    assert.equal(await showLedger(client, terminal, async () => {}, bySource), 0);
    return terminal.shown();
  };
  const text = await shown('table', true);
  const rows = text
    .split('\n')
    .slice(text.split('\n').findIndex((row) => row.startsWith('SOURCE')));
  assert.match(rows[1] ?? '', /^CN=busy\\u001b\[2J +1,500 +1,400 +90 +10 +0 /);
  assert.match(rows[2] ?? '', /^CN=calm +5 +4 +0 +0 +1 /);
  assert.match(rows[3] ?? '', /^\(all others\) +3 +3 +0 +0 +0 +30 +2\.0 KiB$/);
  const value = JSON.parse(await shown('json', true));
  assert.deepEqual(
    value.sources.map(({ source }: { source: unknown }) => source),
    ['CN=calm', null, 'CN=busy\u001b[2J'],
  );
  assert.doesNotMatch(await shown('table', false), /SOURCE/);
  assert.equal(JSON.parse(await shown('json', false)).sources, undefined);
});
