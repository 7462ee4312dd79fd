// Scenario: two `file` destinations want the same file, in one process and in two, and the one that
// has it is killed; other programs write the file too. Guarantees: one writes, the other refuses;
// what was settled as delivered is in the files exactly once, and nobody's bytes are cut.

import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileLock } from '../../src/exporter/file-lock.ts';
import { DestinationCounter } from '../../src/memory/state-page.ts';
import {
  bench,
  delivered,
  hookedCalls,
  makeDirectory,
  settled,
  systemError,
} from '../support/file-destination-bench.ts';
import { startProcess } from '../support/running-process.ts';

const foreignLine =
  '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"other"}]}]}]}\n';

test('two destinations of one process: one writes, the other is down and takes over at the end', async (context) => {
  const directory = makeDirectory(context);
  const first = bench(context, { directory });
  assert.deepEqual(await first.send('a'), delivered);
  const second = bench(context, { directory });
  await settled(() => second.counter(DestinationCounter.FailedRequests) === 1);
  assert.equal(second.destination.refusal(1)?.code, 'DESTINATION_DOWN');
  const waiting = second.send('b');
  for (let round = 2; round < 6; round += 1) {
    assert.deepEqual(await first.send(`a${round}-`), delivered);
    await settled(() => second.clock.pendingCount === 1);
    second.clock.advance(4_000);
    await settled(() => second.counter(DestinationCounter.FailedRequests) === round);
  }
  await first.destination.close();
  await settled(() => second.clock.pendingCount === 1);
  second.clock.advance(4_000);
  assert.deepEqual(await waiting, delivered);
  assert.deepEqual(second.names(), ['a0', 'a2-0', 'a3-0', 'a4-0', 'a5-0', 'b0']);
  assert.equal(second.destination.refusal(1), undefined);
});

test('two processes: one writes, the other refuses, and follows after kill -9', async (context) => {
  const directory = makeDirectory(context);
  const one = writer(directory, 'one-');
  context.after(() => one.kill());
  await one.waitForLine((line) => line.startsWith('acked'), 'first batch');
  const two = writer(directory, 'two-');
  context.after(() => two.kill());
  await two.waitForLine((line) => line === 'refused DESTINATION_DOWN', 'refusal');
  assert.ok(!two.lines.some((line) => line.startsWith('acked')));
  await one.kill();
  await two.waitForLine((line) => line.startsWith('acked'), 'take-over');
  await two.kill();
  const written = namesIn(join(directory, 'out'));
  const acked = [...one.lines, ...two.lines]
    .filter((line) => line.startsWith('acked '))
    .map((line) => line.slice('acked '.length));
  for (const name of acked) {
    assert.equal(written.filter((text) => text.startsWith(name)).length, 1, name);
  }
});

test('FileLock lets at most one of many in, and one of them once the others are gone', async (context) => {
  const directory = makeDirectory(context);
  const path = join(directory, 'logs.0.jsonl');
  for (let round = 0; round < 10; round += 1) {
    const locks = Array.from({ length: 8 }, () => new FileLock(path));
    const ends = await Promise.allSettled(locks.map((lock) => lock.acquire()));
    const winners = locks.filter((_, index) => ends[index]?.status === 'fulfilled');
    assert.ok(winners.length <= 1, `${winners.length} at once`);
    for (const lock of locks) await lock.release();
    await locks[0]?.acquire();
    await assert.rejects(locks[1]!.acquire(), { code: 'DESTINATION_DOWN' }); // of eight
    await locks[0]?.release();
  }
  assert.deepEqual(readdirSync(directory), []);
});

test('FileLock works below a directory whose path is too long for a socket', async (context) => {
  const directory = join(makeDirectory(context), 'd'.repeat(120));
  mkdirSync(directory);
  const [one, two] = [0, 1].map(() => new FileLock(join(directory, 'logs.0.jsonl')));
  await one?.acquire();
  await assert.rejects(two!.acquire(), { code: 'DESTINATION_DOWN' }); // of two
  await one?.release();
  await two?.acquire();
  await two?.release();
  assert.deepEqual(readdirSync(directory), []);
});

test('a file that another program appends to is set aside whole, and a new one begun', async (context) => {
  const { send, directory, names } = bench(context);
  assert.deepEqual(await send('a'), delivered);
  appendFileSync(join(directory, 'logs.2.jsonl'), foreignLine);
  assert.deepEqual(await send('b'), delivered);
  assert.deepEqual(names('logs.2-1.jsonl'), ['a0', 'other']);
  assert.deepEqual(names(), ['b0']);
});

test('rollback() cuts nothing when another program wrote behind our lines', async (context) => {
  let directory = '';
  let failing = true;
  const { clock, send, names, ...rig } = bench(context, {
    calls: hookedCalls((call) => {
      if (call !== 'datasync' || !failing) return;
      failing = false;
      appendFileSync(join(directory, 'logs.2.jsonl'), foreignLine);
      throw systemError('EIO');
    }),
  });
  directory = rig.directory;
  const outcome = send('a');
  await settled(() => clock.pendingCount === 1);
  assert.equal(rig.counter(DestinationCounter.UnknownOutcomes), 1);
  clock.advance(1_000);
  assert.deepEqual(await outcome, delivered);
  assert.deepEqual(names('logs.2-1.jsonl'), ['a0', 'other']);
  assert.deepEqual(names(), ['a0']);
});

test('a file that ends in what is not ours is set aside at the start', async (context) => {
  for (const tail of ['no line of ours', `\0\0\0Logs":[]}\n${foreignLine}`]) {
    const directory = makeDirectory(context);
    mkdirSync(join(directory, 'out'));
    const before = foreignLine + tail;
    writeFileSync(join(directory, 'out', 'logs.2.jsonl'), before);
    const { send, names } = bench(context, { directory });
    assert.deepEqual(await send('new'), delivered);
    assert.deepEqual(names(), ['new0']);
    assert.equal(readFileSync(join(directory, 'out', 'logs.2-1.jsonl'), 'utf8'), before);
  }
});

function writer(directory: string, prefix: string) {
  const script = join(import.meta.dirname, 'file-writer-process.ts');
  return startProcess({
    name: `writer ${prefix}`,
    command: process.execPath,
    args: [script, directory, prefix],
    directory,
  });
}

/** Severity texts of whole lines of all files. */
function namesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1))
    .flatMap((line) => [...line.matchAll(/"severityText":"([^"]*)"/g)].map((match) => match[1]!));
}
