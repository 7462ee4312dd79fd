// Scenario: `gophership vault ...` is run on directories made by the codecs, whole and damaged in
// every part.
// Guarantees: each command says what is there; the exit code is that of docs/OPERATIONS.md; nothing
// is written.

import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { vaultVerify } from '../../src/cli/vault-verify.ts';
import { ExitCode } from '../../src/errors.ts';
import type { LogBuilder } from '../support/log-builder.ts';
import { typicalRequest } from '../support/typical-request.ts';
import {
  damage,
  first,
  folder,
  type Json,
  json,
  makeVault,
  prints,
  run,
  second,
  temporary,
} from '../support/vault-command-rig.ts';

let builder: LogBuilder;
beforeEach(() => {
  builder = makeVault();
});
after(() => temporary.remove());

test('ls lists segments, cursors with what they are owed, and dead letters', () => {
  const before = prints();
  const value = json(['ls', folder]);
  assert.equal(value.apiVersion, 'gophership/v1');
  const rows = value.segments.map(({ segmentId, state, entries, epoch }: Json) => [
    ...[segmentId, state, entries, epoch],
  ]);
  assert.deepEqual(rows, [
    ['0000000000000001', 'sealed', 5, 1],
    ['0000000000000002', 'live', 2, 1],
  ]);
  assert.equal(value.totals.entries, 7);
  const owed = value.cursors.map(({ consumer, owed: count }: Json) => [consumer, count]);
  assert.deepEqual(owed, [
    ['file', 0],
    ['otlp/primary', 3],
  ]);
  assert.equal(value.deadLetter.totals.entries, 1);
  const { text } = run(['ls', folder]);
  assert.match(text, /^0000000000000002 +1 +live +2 /m);
  assert.match(text, /^otlp\/primary +3 +4 +0/m);
  assert.deepEqual(prints(), before);
});

test('inspect shows META, a cursor, a segment and its blocks', () => {
  const meta = json(['inspect', folder, 'META']).meta;
  assert.deepEqual([meta[0].status, meta[1].generation, meta[1].nextSegmentId], ['empty', 1, 3]);
  const [slot] = json(['inspect', folder, 'cursor', 'otlp/primary']).slots;
  assert.deepEqual([slot.watermark, slot.ranges, slot.delivered], [1, [[3, 6]], 4]);
  const segment = json(['inspect', folder, '1']);
  assert.equal(segment.header.software, 'log builder');
  assert.equal(segment.header.vaultUuid, '5a'.repeat(16));
  assert.deepEqual(
    segment.blocks.map(({ type, blockSeq }: Json) => [type, blockSeq]),
    [
      ['Data', 1],
      ['Mark', 2],
      ['Data', 3],
    ],
  );
  assert.equal(segment.trailer.lastBlockSeq, 3);
  assert.match(run(['inspect', folder, '1']).text, /^footer: footer$/m);
  assert.equal(json(['inspect', folder]).end.entryEnd, 7);
  const missing = run(['inspect', folder, '77']);
  assert.deepEqual([missing.status, missing.talk], [1, 'error: not found: 77\n']);
  assert.equal(run(['inspect', folder, 'cursor', 'nobody']).status, 1);
});

/** In this process: a start of Node for each of many cases would take too long. */
async function verify(): Promise<Json> {
  let text = '';
  const out = (more: string) => {
    text += more;
  };
  const talk = (more: string) => assert.fail(more);
  const rest = { environment: {}, directory: temporary.path, isWatched: false };
  const code = await vaultVerify(folder, { out, talk, write() {}, format: 'json', ...rest });
  const value = JSON.parse(text);
  assert.equal(code, value.clean ? ExitCode.Ok : ExitCode.Failure);
  return value;
}

test('verify of a whole vault is clean, reads everything and changes nothing', () => {
  const before = prints();
  const value = json(['verify', folder]);
  assert.deepEqual([value.clean, value.entries, value.findings], [true, 8, []]);
  assert.deepEqual(prints(), before);
});

test('K4 verify finds damage in every part, says where, and exits with 1', async () => {
  const footer = builder.blocks.find(({ type }) => type === 3)!.offsetBytes;
  const trailer = builder.blocks.find(({ type }) => type === 4)!.offsetBytes;
  const data = builder.blocks[0]!.offsetBytes;
  const cases: [string, number, RegExp, number][] = [
    [first, 100, /^seg\/0000000000000001 header/, 0],
    [first, data + 60, /^seg\/0000000000000001 at 4096/, 2],
    [first, data + 140, /^seg\/0000000000000001 at 4096/, 2],
    [first, data + 4000, /^seg\/0000000000000001 at 4096/, 2],
    [first, footer + 1, /^seg\/0000000000000001 footer/, 0],
    [first, footer + 300, /^seg\/0000000000000001 footer/, 0],
    [first, trailer + 2, /^seg\/0000000000000001 trailer/, 0],
    [first, trailer + 4000, /^seg\/0000000000000001 trailer/, 0],
    [second, 4096 + 70, /^seg\/0000000000000002 at 4096/, 2],
    ['META', 4096 + 50, /^META/, 0],
    ['META', 50, /^META/, 0],
    ['cursor/file.cur', 44, /^cursor file/, 0],
    ['dead/seg/0000000000000001.vlt', 4096 + 140, /^dead\/seg\/0000000000000001 at 4096/, 1],
  ];
  for (const [path, at, where, lost] of cases) {
    damage(path, at);
    const value = await verify();
    const text = `${value.findings[0]?.where} ${value.findings[0]?.what}`;
    assert.match(text, where, `${path} at ${at}`);
    assert.equal(value.lostEntries, lost, `${path} at ${at}`);
    damage(path, at);
  }
  rmSync(join(folder, first));
  // Of what is gone the one consumer has nothing but entries 0, 3 and 4.
  assert.equal(json(['verify', folder], 1).lostEntries, 2);
});

test('export writes every batch as a JSON line, inflated and transcoded', () => {
  const { out, status, talk } = run(['export', folder]);
  assert.equal(status, 0);
  assert.match(talk, /^7 batches written, 0 not readable as OTLP, 0 lost$/m);
  const lines = out.toString().trimEnd().split('\n');
  const records = lines.map((line) =>
    JSON.parse(line).resourceLogs.flatMap(({ scopeLogs }: Json) =>
      scopeLogs.flatMap(({ logRecords }: Json) => logRecords),
    ),
  );
  assert.deepEqual(
    records.map(({ length }) => length),
    [2, 1, 3, 1, 1, 1, 4],
  );
  assert.ok(!out.includes(0x1b), 'a control character of a log body is in the output');
});

test('export takes only what a consumer is owed, or a span of time, and writes to a file', () => {
  const path = join(temporary.path, 'out.jsonl');
  const owed = run(['export', folder, '--consumer', 'otlp/primary', '--output', path]);
  assert.equal(owed.status, 0, owed.talk);
  assert.equal(readFileSync(path, 'utf8').trimEnd().split('\n').length, 3);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const late = ['--from', '2027-01-15T08:01:00Z', '--to', '2027-01-15T08:02:00Z'];
  assert.match(run(['export', folder, ...late]).talk, /^1 batch written/m);
  assert.match(run(['export', folder, '--to', '2027-01-15T08:01:00Z']).talk, /^6 batches/m);
  assert.equal(run(['export', folder, '--from', 'yesterday']).status, 64);
  const nobody = run(['export', folder, '--consumer', 'nobody']);
  assert.match(
    nobody.talk,
    /VAULT_FAILED: .*no cursor of "nobody", there are: file, otlp\/primary/,
  );
  assert.equal(nobody.status, 74);
});

test('export as protobuf is one request, and says what is lost', () => {
  const { out, status } = run(['export', folder, '--format', 'protobuf']);
  assert.equal(status, 0);
  const plain = [typicalRequest(2), typicalRequest(1), typicalRequest(3)];
  assert.ok(out.subarray(0, Buffer.concat(plain).length).equals(Buffer.concat(plain)));
  damage(first, builder.blocks[0]!.offsetBytes + 140);
  const rest = run(['export', folder]);
  assert.equal(rest.status, 1);
  assert.match(rest.talk, /^5 batches written, 0 not readable as OTLP, 2 lost$/m);
});

test('dead-letter ls and show say why a batch was set aside', () => {
  const [letter] = json(['dead-letter', 'ls', folder]).deadLetters;
  const { entrySeq, reason, attempts, statusCode, originalKind } = letter;
  assert.deepEqual(
    { entrySeq, reason, attempts, statusCode, originalKind },
    {
      ...{
        entrySeq: 0,
        reason: 'Rejected',
        attempts: 3,
        statusCode: 400,
        originalKind: 'Protobuf',
      },
    },
  );
  assert.match(run(['dead-letter', 'ls', folder]).text, /^0 .* Rejected +3 +400 +Protobuf/m);
  const shown = json(['dead-letter', 'show', folder, '0']);
  assert.equal(shown.batch.resourceLogs.length, 1);
  assert.match(run(['dead-letter', 'show', folder, '0']).text, /^reason: Rejected$/m);
  assert.equal(run(['dead-letter', 'show', folder, '5']).status, 1);
  assert.equal(run(['dead-letter', 'show', folder, 'x']).status, 64);
  damage('dead/seg/0000000000000001.vlt', 4096 + 140);
  const { deadLetters, lost } = json(['dead-letter', 'ls', folder], 1);
  assert.deepEqual([deadLetters, lost], [[], 1]);
});
