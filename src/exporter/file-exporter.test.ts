import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  abandoned,
  bench,
  delivered,
  type HandleCall,
  hookedCalls,
  makeDirectory,
  plainConfig,
  settled,
  systemError,
} from '../../test/support/file-destination-bench.ts';
import { KiB, MiB } from '../limits.ts';
import { DestinationCounter } from '../memory/state-page.ts';

test('enqueue() settles once the lines are synced, in a file only we may read', async (context) => {
  let syncs = 0;
  const { send, names, directory, counter } = bench(context, {
    calls: hookedCalls((call) => {
      if (call === 'datasync') syncs += 1;
    }),
  });
  assert.deepEqual(await send('a', 2), delivered);
  assert.equal(syncs, 1);
  assert.deepEqual(names(), ['a0', 'a1']);
  assert.equal(statSync(join(directory, 'logs.2.jsonl')).mode & 0o777, 0o600);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(counter(DestinationCounter.DeliveredRecords), 2);
  assert.equal(counter(DestinationCounter.DeliveredBatches), 1);
  assert.equal(counter(DestinationCounter.QueuedBytes), 0);
});

test('enqueue() lets batches that arrive during a sync share the next one', async (context) => {
  let syncs = 0;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { send, names } = bench(context, {
    calls: hookedCalls((call) => {
      if (call !== 'datasync') return;
      syncs += 1;
      return syncs === 1 ? held : undefined;
    }),
  });
  const first = send('a');
  await settled(() => syncs === 1);
  let early = 0;
  const others = ['b', 'c', 'd'].map((name) => send(name).finally(() => (early += 1)));
  assert.equal(early, 0);
  release();
  assert.deepEqual(await Promise.all([first, ...others]), Array(4).fill(delivered));
  assert.equal(syncs, 2);
  assert.deepEqual(names(), ['a0', 'b0', 'c0', 'd0']);
});

for (const failing of ['write', 'datasync'] as const) {
  test(`enqueue() keeps a batch whose ${failing} fails, writes it later`, async (context) => {
    let failures = 3;
    const { send, names, clock, destination, counter } = bench(context, {
      calls: hookedCalls((call) => {
        if (call !== failing || failures === 0) return;
        failures -= 1;
        throw systemError('ENOSPC');
      }),
    });
    const outcome = send('a', 3);
    await settled(
      () => counter(DestinationCounter.FailedRequests) === 1 && clock.pendingCount === 1,
    );
    assert.deepEqual(names(), []);
    assert.equal(destination.refusal(10)?.code, 'DESTINATION_DOWN');
    clock.advance(1_000);
    await settled(
      () => counter(DestinationCounter.FailedRequests) === 2 && clock.pendingCount === 1,
    );
    clock.advance(2_000);
    await settled(
      () => counter(DestinationCounter.FailedRequests) === 3 && clock.pendingCount === 1,
    );
    assert.equal(destination.refusal(10)?.code, 'DESTINATION_DOWN');
    assert.equal(counter(DestinationCounter.OpenBreaker), 1);
    clock.advance(4_000);
    assert.deepEqual(await outcome, delivered);
    assert.deepEqual(names(), ['a0', 'a1', 'a2']);
    assert.equal(destination.refusal(10), undefined);
    assert.equal(counter(DestinationCounter.OpenBreaker), 0);
    assert.equal(counter(DestinationCounter.DeliveredRequests), 1);
    assert.equal(counter(DestinationCounter.RefusedRequests), 3);
  });
}

test('refusal() lets one batch find out whether a dead file works again', async (context) => {
  let failing = true;
  const { send, clock, destination, counter } = bench(context, {
    calls: hookedCalls((call) => {
      if (call === 'write' && failing) throw systemError('EIO');
    }),
  });
  const lost = send('a');
  for (let failures = 1; failures <= 3; failures += 1) {
    await settled(
      () => counter(DestinationCounter.FailedRequests) === failures && clock.pendingCount === 1,
    );
    if (failures < 3) clock.advance(4_000);
  }
  lost.abandon();
  assert.deepEqual(await lost, abandoned);
  assert.equal(destination.refusal(10)?.code, 'DESTINATION_DOWN');
  clock.advance(4_000);
  failing = false;
  assert.equal(destination.refusal(10), undefined);
  assert.deepEqual(await send('b'), delivered);
});

test('rollback() that fails leaves lines that the next attempt cuts off', async (context) => {
  const failures = new Set<HandleCall>(['datasync', 'truncate']);
  const { send, names, clock, counter } = bench(context, {
    calls: hookedCalls((call) => {
      if (failures.has(call)) throw systemError('EIO');
    }),
  });
  const outcome = send('a');
  await settled(() => clock.pendingCount === 1);
  assert.equal(counter(DestinationCounter.UnknownOutcomes), 1);
  assert.deepEqual(names(), ['a0']);
  failures.clear();
  clock.advance(1_000);
  assert.deepEqual(await outcome, delivered);
  assert.deepEqual(names(), ['a0']);
});

test('abandon() settles a waiting batch at once, one under way at its end', async (context) => {
  let release = () => {};
  let syncing = false;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { send, names, destination } = bench(context, {
    calls: hookedCalls((call) => {
      if (call !== 'datasync' || syncing) return;
      syncing = true;
      return held;
    }),
  });
  const underWay = send('a');
  await settled(() => syncing);
  const waiting = send('b');
  underWay.abandon();
  waiting.abandon();
  assert.deepEqual(await waiting, abandoned);
  release();
  assert.deepEqual(await underWay, delivered);
  await destination.idle();
  assert.deepEqual(names(), ['a0']);
});

test('the file starts with whole lines whatever a crash left behind them', async (context) => {
  const good = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"old"}]}]}]}\n';
  const tails = ['', '{"resourceLogs":[{"sco', '{"re', '\0'.repeat(5_000), '\0\0\0Logs":['];
  for (const [index, tail] of tails.entries()) {
    const directory = makeDirectory(context);
    await files.mkdir(join(directory, 'out'));
    writeFileSync(join(directory, 'out', 'logs.2.jsonl'), good + good + tail);
    const { send, names } = bench(context, { directory });
    assert.deepEqual(await send('new'), delivered);
    assert.deepEqual(names(), ['old', 'old', 'new0'], `tail ${index}`);
  }
});

test('files rotate by size, keep the newest, and number on after a restart', async (context) => {
  const directory = makeDirectory(context);
  const config = {
    rotation: { sizeBytesMax: 300, backupsMax: 2 },
    path: join(directory, 'out', 'logs.jsonl'),
  };
  const first = bench(context, { config, directory });
  for (const name of ['a', 'b', 'c']) await first.send(name, 5);
  await first.destination.close();
  const second = bench(context, { config, directory });
  for (const name of ['d', 'e']) await second.send(name, 5);
  await second.destination.close();
  assert.deepEqual(readdirSync(first.directory).sort(), [
    'logs.2-3.jsonl',
    'logs.2-4.jsonl',
    'logs.2.jsonl',
  ]);
  assert.deepEqual(second.names('logs.2-3.jsonl')[0], 'c0');
  assert.deepEqual(second.names('logs.2-4.jsonl')[0], 'd0');
  assert.deepEqual(second.names()[0], 'e0');
});

test('a file that somebody removes is made again, a cut one continued', async (context) => {
  const { send, names, directory } = bench(context);
  const path = join(directory, 'logs.2.jsonl');
  await send('a');
  await files.unlink(path);
  await send('b');
  assert.deepEqual(names(), ['b0']);
  await files.truncate(path, 0);
  await send('c');
  assert.deepEqual(names(), ['c0']);
});

test('refusal() bounds the queue; what is not required loses its oldest', async (context) => {
  const queue = { ...plainConfig.queue, batchesMax: 2 };
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const calls = hookedCalls((call) => (call === 'datasync' ? held : undefined));
  const strict = bench(context, { calls, config: { queue } });
  const kept = [strict.send('a'), strict.send('b')];
  assert.equal(strict.destination.refusal(10)?.code, 'QUEUE_FULL');
  const loose = bench(context, { calls, config: { queue, required: false } });
  const outcomes = ['a', 'b', 'c'].map((name) => loose.send(name, 7));
  assert.equal(loose.destination.refusal(10), undefined);
  assert.deepEqual(await outcomes[0], abandoned);
  assert.equal(loose.counter(DestinationCounter.DroppedRecords), 7);
  release();
  assert.deepEqual(
    await Promise.all([...kept, outcomes[1], outcomes[2]]),
    Array(4).fill(delivered),
  );
  assert.deepEqual(loose.names()[0], 'b0');
});

test('a large batch becomes several lines, a too large record is rejected', async (context) => {
  const { send, directory, names } = bench(context);
  assert.deepEqual(await send('a', 30, 'x'.repeat(100 * KiB)), delivered);
  assert.equal(names().length, 30);
  assert.ok(readFileSync(join(directory, 'logs.2.jsonl'), 'utf8').split('\n').length > 3);
  const outcome = await send('b', 1, 'x'.repeat(3 * MiB));
  assert.equal(outcome.kind, 2);
  assert.equal(outcome.rejectedRecords, 1);
  assert.deepEqual(names().length, 30);
});

test('close() ends what is under way and abandons the rest', async (context) => {
  let failing = true;
  const { send, destination, clock } = bench(context, {
    calls: hookedCalls((call) => {
      if (call === 'write' && failing) throw systemError('ENOSPC');
    }),
  });
  const outcome = send('a');
  await settled(() => clock.pendingCount === 1);
  failing = false;
  await destination.close();
  assert.deepEqual(await outcome, abandoned);
  assert.equal(destination.refusal(10)?.code, 'DRAINING');
  assert.equal(clock.pendingCount, 0);
});
