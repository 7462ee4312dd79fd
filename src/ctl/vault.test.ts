import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { checkPrintable, fakeControl, fakeTerminal } from '../../test/support/control-fake.ts';
import { ExportFormat, VaultService } from '../generated/gophership/control/v1/vault_pb.js';
import { CtlError } from './ctl-error.ts';
import { showLetter, showLetters } from './vault-dead-letter.ts';
import { exportVault, vaultExport } from './vault-export.ts';
import { showFacts } from './vault-inspect.ts';
import { showVault } from './vault-ls.ts';
import { showCheck } from './vault-verify.ts';

type FakeVault = Partial<ServiceImpl<typeof VaultService>>;

function vaultClient(service: FakeVault) {
  return fakeControl({ serve: (router) => router.service(VaultService, service) });
}

async function ctlErrorOf(run: Promise<unknown>): Promise<CtlError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CtlError);
  return error;
}

const totals = { segments: 3, entries: 7, storedBytes: 4_096, fileBytes: 8_192 };
const listing: FakeVault = {
  listSegments: ({ last }) => ({
    path: '/var/lib/v',
    segments: [
      {
        ...{ segmentId: '000000000000002a', epoch: 3, state: 'sealed' },
        ...{ firstEntrySeq: 2, entryEnd: 7, storedBytes: 4_096, fileBytes: 8_192 },
        oldest: timestampFromMs(0),
      },
    ],
    segmentsLeftOut: last === 1 ? 2 : 0,
    totals,
    cursors: [
      { destination: 'otlp_grpc/a\u001b[31m', owed: 4, delivered: 9, skipped: 1 },
      { destination: 'b', isLost: true },
    ],
    deadLetterTotals: { entries: 1, storedBytes: 10 },
    notPartOfTheLog: [{ name: 'x.tmp', why: 'foreign' }],
  }),
};

test('showVault() shows segments, what consumers are owed, and other files', async () => {
  const terminal = fakeTerminal();
  assert.equal(await showVault(vaultClient(listing), 1, terminal), 0);
  const text = terminal.shown();
  assert.match(text, /^000000000000002a +3 +sealed +5 +1970-01-01T00:00:00.000Z +- +4.0 KiB +-$/m);
  assert.match(text, /^3 segments, 7 entries, 4.0 KiB stored; 2 older ones are not listed$/m);
  assert.match(text, /^otlp_grpc\/a\\u001b\[31m +4 +9 +0 +0 +0$/m);
  assert.match(text, /^b +both slots are damaged$/m);
  assert.match(text, /^dead letter: 1 entry, 10 B$/m);
  assert.match(text, /^x\.tmp +foreign$/m);
  checkPrintable(text);
});

test('showVault() has the names of `gophership vault ls` for programs', async () => {
  const terminal = fakeTerminal('json');
  await showVault(vaultClient(listing), 0, terminal);
  const value = JSON.parse(terminal.shown());
  assert.equal(value.kind, 'VaultList');
  assert.deepEqual(value.totals, { ...totals, rawBytes: null });
  assert.deepEqual(value.segments[0].entries, 5);
  assert.deepEqual([value.segments[0].newest, value.segments[0].rawBytes], [null, null]);
  assert.deepEqual(value.cursors[1], { consumer: 'b', state: 'lost' });
});

test('showFacts() puts the parts of an answer together', async () => {
  const inspectVault: FakeVault['inspectVault'] = async function* ({ what, name }) {
    yield { facts: { what, name, header: { software: 'a\u202eb' }, none: [] } };
    yield { blocks: [{ type: 'Data' }] };
    yield { blocks: [{ type: 'Mark' }] };
  };
  const client = vaultClient({ inspectVault });
  const json = fakeTerminal('json');
  assert.equal(await showFacts(client, ['cursor', 'a/b'], json), 0);
  const value = JSON.parse(json.shown());
  assert.deepEqual([value.what, value.name], ['cursor', 'a/b']);
  assert.deepEqual(value.blocks, [{ type: 'Data' }, { type: 'Mark' }]);
  const table = fakeTerminal();
  await showFacts(client, ['1'], table);
  assert.match(
    table.shown(),
    /^header:\n {2}software: a\\u202eb\nnone: none\nblocks:\n {2}- 0:\n/m,
  );
  checkPrintable(table.shown());
});

function checking(isClean: boolean): FakeVault {
  return {
    async *verifyVault() {
      yield { event: { case: 'progress', value: { doneBytes: 512, totalBytes: 1_024 } } };
      const findings = isClean ? [] : [{ where: 'META', what: 'Damaged', lostEntries: 2 }];
      const counts = { entries: 8, bodyBytes: 2_048, lostEntries: isClean ? 0 : 2 };
      const rest = { findings, findingsLeftOut: isClean ? 0 : 5, notes: ['a note'] };
      yield { event: { case: 'result', value: { isClean, ...counts, ...rest } } };
    },
  };
}

test('showCheck() exits with 0 when all is clean, with 1 when something is damaged', async () => {
  const clean = fakeTerminal();
  assert.equal(await showCheck(vaultClient(checking(true)), clean), 0);
  assert.match(clean.shown(), /^NOTE\na note\nclean: 8 entries, 2.0 KiB of bodies\n$/);
  assert.equal(clean.told(), '', 'nobody watches');
  const damaged = fakeTerminal();
  assert.equal(await showCheck(vaultClient(checking(false)), damaged), 1);
  assert.match(damaged.shown(), /^META +Damaged +2$/m);
  assert.match(damaged.shown(), /^and 5 more$/m);
  assert.match(damaged.shown(), /^6 damaged, 2 entries lost: 8 entries/m);
});

test('showCheck() shows how far it is to somebody who watches, and wipes it', async () => {
  const terminal = fakeTerminal();
  await showCheck(vaultClient(checking(true)), { ...terminal, isWatched: true });
  assert.match(terminal.told(), /=+ +\] 50 % of 1\.0 KiB/);
  assert.ok(terminal.told().endsWith('\r\u001b[K'));
});

test('showCheck() of a stream that ends without a result is an error', async () => {
  const verifyVault: FakeVault['verifyVault'] = async function* () {};
  const error = await ctlErrorOf(showCheck(vaultClient({ verifyVault }), fakeTerminal()));
  assert.equal(error.code, 'UNREACHABLE');
});

test('what the engine refuses while memory is short names the offline command, exit 1', async () => {
  const text = 'CONTROL_READS_PAUSED: the zone is Red; `gophership vault verify /v` reads the same';
  const verifyVault: FakeVault['verifyVault'] = () => {
    throw new ConnectError(text, Code.FailedPrecondition);
  };
  const error = await ctlErrorOf(showCheck(vaultClient({ verifyVault }), fakeTerminal()));
  assert.deepEqual([error.code, error.exitCode], ['CONTROL_READS_PAUSED', 1]);
  assert.match(error.message, /gophership vault verify \/v/);
});

const line = '{"body":"é\u009b31m\u202e"}\n';
/** In pieces that cut characters. */
const exporting: FakeVault = {
  async *exportVault({ format }) {
    if (format === ExportFormat.PROTOBUF) yield { data: Uint8Array.of(0, 255, 10) };
    else for (const byte of Buffer.from(line)) yield { data: Uint8Array.of(byte) };
    yield {
      result: { written: 1, failed: 1, failures: [{ entrySeq: 7, why: 'bad\u001b[0m' }] },
    };
  },
};
const wanted = { format: 'jsonl', file: '-' } as const;

test('exportVault() writes the bytes as they are, and says what it could not', async () => {
  const terminal = fakeTerminal();
  const written: Uint8Array[] = [];
  const writeBytes = async (bytes: Uint8Array) => void written.push(bytes);
  const world = { ...terminal, writeBytes };
  assert.equal(await exportVault(vaultClient(exporting), wanted, world), 1);
  assert.equal(Buffer.concat(written).toString(), line);
  assert.equal(terminal.shown(), '');
  assert.match(terminal.told(), /^entry 7: bad\\u001b\[0m\n1 batch written, 1 not readable/);
});

test('exportVault() to a screen escapes what a screen obeys; JSON reads the same', async () => {
  const terminal = fakeTerminal();
  await exportVault(vaultClient(exporting), wanted, terminal);
  checkPrintable(terminal.shown());
  assert.deepEqual(JSON.parse(terminal.shown()), JSON.parse(line));
});

test('exportVault() writes a file that only its owner reads', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gophership-export-'));
  try {
    const terminal = { ...fakeTerminal(), directory };
    const flags = { format: 'protobuf', file: 'out.pb', from: 5, to: 6 } as const;
    await exportVault(vaultClient(exporting), flags, terminal);
    assert.deepEqual([...readFileSync(join(directory, 'out.pb'))], [0, 255, 10]);
    assert.equal(statSync(join(directory, 'out.pb')).mode & 0o777, 0o600);
    const nowhere = { ...flags, file: 'no/such/folder' };
    const error = await ctlErrorOf(exportVault(vaultClient(exporting), nowhere, terminal));
    assert.deepEqual([error.code, error.exitCode], ['USAGE', 64]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('exportVault() leaves an earlier file as it is until there are batches for it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gophership-export-'));
  const path = join(directory, 'out.jsonl');
  const terminal = { ...fakeTerminal(), directory };
  const flags = { format: 'jsonl', file: 'out.jsonl' } as const;
  // biome-ignore lint/correctness/useYield: it is refused before there is anything
  const refusing: FakeVault['exportVault'] = async function* () {
    throw new ConnectError('CONTROL_READS_PAUSED: the zone is Red', Code.FailedPrecondition);
  };
  const empty: FakeVault['exportVault'] = async function* () {
    yield { result: { written: 0 } };
  };
  try {
    writeFileSync(path, 'from an hour ago');
    await ctlErrorOf(exportVault(vaultClient({ exportVault: refusing }), flags, terminal));
    assert.equal(readFileSync(path, 'utf8'), 'from an hour ago');
    assert.equal(await exportVault(vaultClient({ exportVault: empty }), flags, terminal), 0);
    assert.equal(readFileSync(path, 'utf8'), '', 'there is nothing in the vault');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('vaultExport() sends no protobuf to a screen', () => {
  const flags = { timeoutMs: 1, format: 'protobuf', file: '-' } as const;
  assert.throws(() => vaultExport(flags, fakeTerminal()), /not for a screen/);
});

/** Three letters, at most two in an answer. */
const letters: FakeVault = {
  listDeadLetters({ fromEntrySeq, limit }) {
    const all = [10, 20, 30].filter((entrySeq) => entrySeq >= fromEntrySeq);
    const given = all.slice(0, Math.min(limit, 2));
    const next = all[given.length];
    const deadLetters = given.map((entrySeq) => {
      return {
        entrySeq,
        reason: 'Rejected',
        attempts: 2,
        statusCode: 400,
        originalKind: 'Json',
        owedTo: ['otlp_grpc/a'],
      };
    });
    return { deadLetters, lost: 0, ...(next === undefined ? {} : { nextEntrySeq: next }) };
  },
  getDeadLetter({ entrySeq }) {
    const deadLetter = { entrySeq, reason: 'Rejected' };
    if (entrySeq === 1) {
      const value = { why: 'does not decompress', data: Buffer.from('raw') };
      return { deadLetter, batch: { case: 'unreadable', value } };
    }
    return { deadLetter, batch: { case: 'json', value: '{"resourceLogs":["\u202e"]}' } };
  },
};

async function listed(fromEntry: number, limit: number) {
  const terminal = fakeTerminal('json');
  await showLetters(vaultClient(letters), { fromEntry, limit }, terminal);
  const { deadLetters, nextEntrySeq } = JSON.parse(terminal.shown());
  return [deadLetters.map(({ entrySeq }: { entrySeq: number }) => entrySeq), nextEntrySeq];
}

test('showLetters() asks until it has what was wanted, and says where to go on', async () => {
  assert.deepEqual(await listed(0, 1_000), [[10, 20, 30], null]);
  assert.deepEqual(await listed(0, 2), [[10, 20], 30]);
  assert.deepEqual(await listed(15, 1), [[20], 30]);
  const terminal = fakeTerminal();
  await showLetters(vaultClient(letters), { fromEntry: 0, limit: 1 }, terminal);
  assert.match(terminal.shown(), /^10 +- +Rejected +2 +400 +Json +- +0 B +otlp_grpc\/a$/m);
  assert.equal(terminal.told(), 'there are more: --from-entry 20\n');
});

test('showLetters() of none says so; damaged ones are exit 1', async () => {
  const none = fakeTerminal();
  const empty = vaultClient({ listDeadLetters: () => ({ lost: 2 }) });
  assert.equal(await showLetters(empty, { fromEntry: 0, limit: 9 }, none), 1);
  assert.equal(none.shown(), 'no dead letters\n');
  assert.match(none.told(), /^2 are damaged/);
});

test('showLetter() shows the batch, or what is in the way', async () => {
  const table = fakeTerminal();
  await showLetter(vaultClient(letters), 17, table);
  assert.match(table.shown(), /^entrySeq: 17$/m);
  assert.match(table.shown(), /"resourceLogs": \[\n +"\\u202e"/);
  checkPrintable(table.shown());
  const json = fakeTerminal('json');
  await showLetter(vaultClient(letters), 1, json);
  const { kind, batch } = JSON.parse(json.shown());
  assert.equal(kind, 'DeadLetter');
  assert.deepEqual(batch, { unreadable: 'does not decompress', base64: 'cmF3' });
});
