// Scenario: an engine has batches in its vault that its destination does not take, and some that
// were refused for good. A viewer looks into the vault with gs-ctl while producers send.
// Guarantees: gs-ctl says of the files what the offline command says of them; the engine goes on
// meanwhile and loses nothing; whoever has no role learns nothing.

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { JsonValue } from './control-client.ts';
import { batchCount, letterCount, offline, VaultEngine } from './vault-engine.ts';

let engine: VaultEngine;
before(async () => {
  engine = await VaultEngine.start();
});
after(() => engine.kill());

test('ls says what the offline command says, as a table and for programs', async () => {
  const value = await engine.data(0, ['vault', 'ls']);
  const files = JSON.parse(offline(['ls', engine.folder, '-o', 'json']));
  assert.equal(value.kind, 'VaultList');
  assert.equal(value.path, engine.folder);
  assert.deepEqual(Object.keys(value.segments[0]).sort(), Object.keys(files.segments[0]).sort());
  const rows = ({ segments }: JsonValue) =>
    segments.map(({ segmentId, state, entries }: JsonValue) => [segmentId, state, entries]);
  assert.deepEqual(rows(value), rows(files));
  assert.deepEqual(value.cursors, files.cursors);
  assert.equal(value.cursors[0].owed, batchCount);
  assert.equal(value.deadLetter.totals.entries, letterCount);
  const { out } = await engine.home.run(0, ['vault', 'ls', '--last', '1']);
  assert.match(out, /^[0-9a-f]{16} +\d+ +live +\d+ +20\d\d-/m);
  assert.match(out, /^otlp_grpc +24 /m);
});

test('inspect shows META, a cursor, and a segment with its blocks; exit 5 for what is not there', async () => {
  const [{ segmentId }] = (await engine.data(0, ['vault', 'ls'])).segments;
  const segment = await engine.data(0, ['vault', 'inspect', segmentId]);
  assert.equal(segment.header.segmentId, segmentId);
  assert.ok(segment.blocks.length > 2);
  assert.equal((await engine.data(0, ['vault', 'inspect', 'META'])).meta.length, 2);
  const { slots } = await engine.data(0, ['vault', 'inspect', 'cursor', 'otlp_grpc']);
  assert.equal(slots.length, 2);
  const text = (await engine.home.run(0, ['vault', 'inspect'])).out;
  assert.match(text, /^segments:\n {2}- 0: [0-9a-f]{16}$/m);
  await engine.home.run(
    5,
    ['vault', 'inspect', 'ffff'],
    /^error: CONTROL_NOT_FOUND: .*there is no ffff$/m,
  );
  await engine.home.run(5, ['vault', 'inspect', 'cursor', 'nobody'], /CONTROL_NOT_FOUND/);
  await engine.home.run(64, ['vault', 'inspect', 'cursor'], /CONTROL_INVALID/);
});

test('verify is clean while producers send, and loses nothing of theirs', async () => {
  let isOver = false;
  let sentCount = 0;
  const load = (async () => {
    while (!isOver) {
      await engine.send(8);
      sentCount += 8;
    }
  })();
  try {
    for (let round = 0; round < 3; round += 1) {
      const value = await engine.data(0, ['vault', 'verify']);
      assert.deepEqual([value.clean, value.findings], [true, []]);
      assert.ok(value.entries >= batchCount + letterCount);
    }
  } finally {
    isOver = true;
    await load;
  }
  assert.ok(sentCount > 0);
  await engine.home.run(0, ['ledger']);
  assert.match((await engine.home.run(0, ['vault', 'verify'])).out, /^clean: [\d,]+ entries/m);
});

test('export gives the bytes that the offline command gives, to stdout and to a file', async () => {
  const path = engine.home.path('backlog.jsonl');
  const { talk } = await engine.home.run(0, [
    'vault',
    'export',
    '--file',
    path,
    '--context',
    'viewer',
  ]);
  assert.match(talk, /^[\d,]+ batches written, 0 not readable as OTLP, 0 lost$/m);
  const text = readFileSync(path, 'utf8');
  assert.ok(text === offline(['export', engine.folder]), 'byte for byte');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const late = ['vault', 'export', '--from', '2100-01-01T00:00:00Z'];
  assert.equal((await engine.home.run(0, late, /^0 batches written/m)).out, '');
  const owed = ['vault', 'export', '--consumer', 'otlp_grpc', '--file', path];
  await engine.home.run(0, owed);
  // The dead letters are settled, and the rest was delivered to nobody.
  const settled = text.split('\n').slice(0, letterCount);
  assert.ok(`${settled.join('\n')}\n${readFileSync(path, 'utf8')}` === text);
  await engine.home.run(5, ['vault', 'export', '--consumer', 'nobody'], /CONTROL_NOT_FOUND/);
  await engine.home.run(64, ['vault', 'export', '--from', 'yesterday'], /--from/);
});

test('dead-letter ls and show say why a batch was set aside', async () => {
  const { deadLetters } = await engine.data(0, ['vault', 'dead-letter', 'ls']);
  assert.deepEqual(
    deadLetters,
    JSON.parse(offline(['dead-letter', 'ls', engine.folder, '-o', 'json'])).deadLetters,
  );
  assert.equal(deadLetters.length, letterCount);
  assert.equal(deadLetters[0].reason, 'Rejected');
  assert.deepEqual(deadLetters[0].owedTo, ['otlp_grpc']);
  const few = ['vault', 'dead-letter', 'ls', '--limit', '2'];
  const next = (await engine.data(0, few)).nextEntrySeq;
  assert.equal(
    (await engine.data(0, [...few, '--from-entry', String(next)])).deadLetters.length,
    1,
  );
  const entry = String(deadLetters[1].entrySeq);
  const { batch } = await engine.data(0, ['vault', 'dead-letter', 'show', entry]);
  assert.equal(batch.resourceLogs.length, 1);
  await engine.home.run(5, ['vault', 'dead-letter', 'show', '999'], /CONTROL_NOT_FOUND/);
});

test('without a role there is no vault to look into', async () => {
  for (const args of [['ls'], ['inspect'], ['verify'], ['export'], ['dead-letter', 'ls']])
    await engine.home.run(4, ['vault', ...args, '--context', 'producer'], /CONTROL_DENIED/);
});
