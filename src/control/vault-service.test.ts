import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestampDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { ControlRig } from '../../test/support/control-rig.ts';
import { GopherShipError } from '../errors.ts';
import { ExportFormat, VaultService } from '../generated/gophership/control/v1/vault_pb.js';
import type { VaultQuestion } from '../vault-facts/vault-question.ts';
import { callerKey } from './caller-key.ts';
import type { VaultFilesView } from './engine-view.ts';
import { roleByProcedure } from './procedure-role.ts';
import { roleGate } from './role-gate.ts';
import { vaultService } from './vault-service.ts';

const segment = {
  ...{ segmentId: '0000000000000001', epoch: 1, state: 'sealed', entries: 5, firstEntrySeq: 2 },
  ...{ entryEnd: 7, blocks: 3, storedBytes: 12_288, rawBytes: null, fileBytes: 24_576 },
  ...{ oldest: '2027-01-15T08:00:00.000Z', newest: null },
} as const;
const totals = { segments: 1, entries: 5, storedBytes: 12_288, rawBytes: 9, fileBytes: 24_576 };
const letter = {
  ...{ entrySeq: 3, received: null, reason: 'Rejected', attempts: 2, statusCode: 400 },
  ...{ originalKind: 'Json', records: null, bytes: 77, owedTo: ['a', 'b'] },
};

/** What is asked, and these parts as the answer to anything. */
function rig(parts: readonly unknown[], { hasVault = true, isRunning = true } = {}) {
  const control = new ControlRig();
  const asked: VaultQuestion[] = [];
  let isReturned = false;
  const files: VaultFilesView = {
    ask(question, _signal) {
      asked.push(question);
      return (async function* () {
        try {
          for (const part of parts) {
            if (part instanceof Error) throw part;
            yield part as never; // as the kind of the question says
          }
        } finally {
          isReturned = true;
        }
      })();
    },
  };
  const view = { ...control.view, vaultFiles: hasVault ? files : undefined };
  const service = vaultService({ view: () => (isRunning ? view : undefined) });
  const interceptors = [toldApart(control)];
  const transport = createRouterTransport((router) => router.service(VaultService, service), {
    router: { interceptors },
  });
  return { client: createClient(VaultService, transport), asked, isReturned: () => isReturned };
}

/** As at the door: what is thrown becomes an answer. */
function toldApart({ audit, log }: ControlRig): ReturnType<typeof roleGate> {
  const gate = roleGate(audit, log.log);
  return (next) => (request) => {
    request.contextValues.set(callerKey, { subject: 'CN=v', role: 'viewer' });
    return gate(next)(request);
  };
}

async function faultOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError);
  return `${Code[error.code]} ${error.rawMessage}`;
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

test('every procedure is there, and the viewer may call it', () => {
  const service = vaultService({ view: () => undefined });
  const names = VaultService.methods.map(({ localName }) => localName);
  assert.deepEqual(Object.keys(service).sort(), names.sort());
  for (const { name } of VaultService.methods)
    assert.equal(roleByProcedure.get(`${VaultService.typeName}/${name}`), 'viewer', name);
});

test('an engine that starts, or has no vault, says so', async () => {
  const starts = rig([], { isRunning: false });
  assert.match(await faultOf(starts.client.listSegments({})), /^Unavailable CONTROL_STARTING: /);
  const none = rig([], { hasVault: false });
  assert.match(await faultOf(none.client.listSegments({})), /^NotFound CONTROL_NOT_FOUND: /);
  assert.match(await faultOf(all(none.client.verifyVault({}))), /^NotFound CONTROL_NOT_FOUND: /);
});

test('listSegments() asks for as many as an answer holds, and no more', async () => {
  const list = {
    ...{ path: '/v', segments: [segment], segmentsLeftOut: 4, totals },
    cursors: [
      { consumer: 'a', state: 'lost' },
      {
        ...{ consumer: 'b', state: 'ok', watermark: 3, owed: 4, delivered: 5 },
        ...{ lost: 6, dropped: 7, deadLettered: 8, skipped: 9 },
      },
    ],
    quarantine: { files: 2, bytes: 100 },
    deadLetter: { segments: [], totals: { ...totals, rawBytes: null } },
    notPartOfTheLog: [{ name: 'x', why: 'foreign', sizeBytes: 1 }],
  };
  const { client, asked, isReturned } = rig([list]);
  const answer = await client.listSegments({ last: 7 });
  await client.listSegments({});
  await client.listSegments({ last: 5_000 });
  const counts = asked.map((question) => question.kind === 'list' && question.segmentsMax);
  assert.deepEqual(counts, [7, 2_000, 2_000]);
  assert.ok(isReturned(), 'whatever reads the files is told that this was all');
  const [first] = answer.segments;
  assert.equal(first?.entryEnd, 7);
  assert.equal(first?.rawBytes, undefined);
  assert.equal(first?.oldest && timestampDate(first.oldest).toISOString(), segment.oldest);
  assert.equal(first?.newest, undefined);
  assert.deepEqual([answer.segmentsLeftOut, answer.totals?.rawBytes], [4, 9]);
  assert.equal(answer.deadLetterTotals?.rawBytes, undefined);
  assert.deepEqual(
    answer.cursors.map(({ destination, isLost, owed, skipped }) => [
      destination,
      isLost,
      owed,
      skipped,
    ]),
    [
      ['a', true, 0, 0],
      ['b', false, 4, 9],
    ],
  );
  assert.deepEqual([answer.quarantineFiles, answer.quarantineBytes], [2, 100]);
  assert.equal(answer.notPartOfTheLog[0]?.why, 'foreign');
});

test('inspectVault() gives facts of any shape, then blocks', async () => {
  const { client, asked } = rig([
    { facts: { header: { epoch: 1, hash: 'ab' }, trailer: null, ranges: [[1, 2]], far: Infinity } },
    { blocks: [{ type: 'Data', blockSeq: 1 }, { damaged: 'Damaged' }] },
  ]);
  const [facts, blocks] = await all(client.inspectVault({ what: '1' }));
  const header = { epoch: 1, hash: 'ab' };
  assert.deepEqual(facts?.facts, { header, trailer: null, ranges: [[1, 2]], far: null });
  assert.deepEqual(blocks?.blocks, [{ type: 'Data', blockSeq: 1 }, { damaged: 'Damaged' }]);
  await all(client.inspectVault({ what: 'cursor', name: 'a/b' }));
  assert.deepEqual(
    asked.map((question) => 'what' in question && question.what),
    [['1'], ['cursor', 'a/b']],
  );
  const nobody = all(client.inspectVault({ what: 'cursor' }));
  assert.match(await faultOf(nobody), /^InvalidArgument CONTROL_INVALID: /);
});

test('verifyVault() tells how far it is, then what it found', async () => {
  const findings = [{ where: 'META', what: 'Damaged', lostEntries: 2 }];
  const check = {
    ...{ path: '/v', clean: false, entries: 8, bodyBytes: 99, lostEntries: 2, findings },
    ...{ notes: ['a note'], segments: 2 },
  };
  const { client } = rig([
    { doneBytes: 1, totalBytes: 9 },
    { check, findingsLeftOut: 3 },
  ]);
  const [progress, result] = await all(client.verifyVault({}));
  assert.equal(progress?.event.case === 'progress' && progress.event.value.totalBytes, 9);
  assert.ok(result?.event.case === 'result');
  const { isClean, findingsLeftOut, notes, findings: found } = result.event.value;
  assert.deepEqual([isClean, findingsLeftOut, notes], [false, 3, ['a note']]);
  assert.deepEqual([found[0]?.where, found[0]?.lostEntries], ['META', 2]);
});

test('exportVault() asks for what is wanted, and gives the bytes and the counts', async () => {
  const counts = { written: 2, failed: 1, lost: 0 };
  const { client, asked } = rig([
    { data: Buffer.from('ab') },
    { counts, failures: [{ entrySeq: 4, why: 'because' }] },
  ]);
  const [data, last] = await all(client.exportVault({}));
  assert.equal(Buffer.from(data?.data ?? []).toString(), 'ab');
  assert.deepEqual([last?.result?.written, last?.result?.failed], [2, 1]);
  assert.equal(last?.result?.failures[0]?.why, 'because');
  const format = ExportFormat.PROTOBUF;
  const [from, to] = [timestampFromMs(5), timestampFromMs(6)];
  await all(client.exportVault({ format, destination: 'a', from, to }));
  assert.deepEqual(asked, [
    { kind: 'export', format: 'jsonl', consumer: '', fromMs: 0, toMs: Infinity },
    { kind: 'export', format: 'protobuf', consumer: 'a', fromMs: 5, toMs: 6 },
  ]);
  const unknown = all(client.exportVault({ format: 9 as ExportFormat })); // of a later client
  assert.match(await faultOf(unknown), /^InvalidArgument CONTROL_INVALID: /);
});

test('listDeadLetters() and getDeadLetter() give letters, and take numbers that can be one', async () => {
  const list = rig([{ deadLetters: [letter], nextEntrySeq: 9, lost: 1 }]);
  const answer = await list.client.listDeadLetters({ fromEntrySeq: 3, limit: 9_999 });
  assert.deepEqual([answer.nextEntrySeq, answer.lost], [9, 1]);
  assert.equal(answer.deadLetters[0]?.received, undefined);
  assert.equal(answer.deadLetters[0]?.records, undefined);
  assert.deepEqual(answer.deadLetters[0]?.owedTo, ['a', 'b']);
  assert.deepEqual(list.asked, [{ kind: 'letters', fromEntrySeq: 3, countMax: 1_000 }]);
  const json = rig([{ letter, batch: { json: '{}' } }]);
  assert.deepEqual((await json.client.getDeadLetter({ entrySeq: 3 })).batch.value, '{}');
  const raw = rig([{ letter, batch: { unreadable: 'why', body: Buffer.from('x') } }]);
  const { batch } = await raw.client.getDeadLetter({ entrySeq: 3 });
  assert.equal(batch.case === 'unreadable' && batch.value.why, 'why');
  for (const entrySeq of [-1, 0.5, Number.NaN, 2 ** 53])
    assert.match(await faultOf(json.client.getDeadLetter({ entrySeq })), /CONTROL_INVALID/);
});

test('what stands in the way reaches the caller with its code, also in the middle', async () => {
  const paused = new GopherShipError('CONTROL_READS_PAUSED', 'the zone is Red');
  const early = rig([paused]);
  assert.match(
    await faultOf(early.client.listSegments({})),
    /^FailedPrecondition CONTROL_READS_PAUSED: the zone is Red$/,
  );
  const late = rig([{ doneBytes: 1, totalBytes: 9 }, paused]);
  assert.match(await faultOf(all(late.client.verifyVault({}))), /CONTROL_READS_PAUSED/);
});
