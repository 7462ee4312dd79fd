import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { checkPrintable, fakeControl, fakeTerminal } from '../../test/support/control-fake.ts';
import {
  type DeadLetterOutcomeSchema,
  DeadLetterService,
  type PurgeDeadLettersRequest,
  type RedriveDeadLettersRequest,
} from '../generated/gophership/control/v1/letters_pb.js';
import { CtlError } from './ctl-error.ts';
import { changeLetters } from './letters.ts';
import type { LettersFlags } from './letters-flags.ts';

type Outcome = MessageInitShape<typeof DeadLetterOutcomeSchema>;

const found = {
  ...{ letters: 1_234, bytes: 5 * 1024 ** 2, recordsMin: 56_000, uncountedLetters: 2 },
  ...{ firstEntrySeq: 3, lastEntrySeq: 1_240, waitingLetters: 1_236 },
  reasons: [
    { reason: 'Rejected', letters: 1_230 },
    { reason: 'Malformed', letters: 4 },
  ],
} satisfies Outcome;

/** An engine that writes down what it is asked for. */
function engine(done: Outcome = { ...found, waitingLetters: 2 }, plan: Outcome = found) {
  const asked: [verb: string, request: RedriveDeadLettersRequest | PurgeDeadLettersRequest][] = [];
  async function* answers(
    verb: string,
    request: RedriveDeadLettersRequest | PurgeDeadLettersRequest,
  ) {
    asked.push([verb, request]);
    yield { outcome: { letters: 17 }, isComplete: false };
    yield { outcome: request.dryRun ? plan : done, isComplete: true };
  }
  const client = fakeControl({
    serve: (router) =>
      router.service(DeadLetterService, {
        redriveDeadLetters: (request) => answers('redrive', request),
        purgeDeadLetters: (request) => answers('purge', request),
      }),
  });
  return { client, asked };
}

const flags: LettersFlags = { timeoutMs: 1_000, all: true, yes: true, reason: 'new downstream' };

test('changeLetters() shows what would be, asks, and does it', async () => {
  const { client, asked } = engine();
  const terminal = fakeTerminal('table', 'y');
  const { yes: _, ...unconfirmed } = flags;
  assert.equal(await changeLetters(client, 'redrive', unconfirmed, terminal), 0);
  assert.deepEqual(
    asked.map(([verb, { dryRun, choice, reason }]) => [verb, dryRun, choice?.all, reason]),
    [
      ['redrive', true, true, 'new downstream'],
      ['redrive', false, true, 'new downstream'],
    ],
  );
  assert.match(terminal.told(), /plan: redrive on .*: all dead letters/);
  assert.match(terminal.told(), /1,234 of 1,236 letters, at least 56,000 records, 5\.0 MiB/);
  assert.match(terminal.told(), /1,230 Rejected, 4 Malformed/);
  assert.match(terminal.told(), /undo: none/);
  assert.match(terminal.told(), /redrive: 17 letters so far/);
  assert.match(terminal.shown(), /REDRIVEN +ENTRIES +RECORDS/);
  checkPrintable(terminal.told() + terminal.shown());
});

test('changeLetters() changes nothing if the answer is no, and without an answer', async () => {
  const { client, asked } = engine();
  const { yes: _, ...unconfirmed } = flags;
  for (const terminal of [fakeTerminal('table', 'n'), fakeTerminal()]) {
    await assert.rejects(
      changeLetters(client, 'purge', unconfirmed, terminal),
      (error) => error instanceof CtlError && error.code === 'NOT_CONFIRMED',
    );
  }
  assert.ok(asked.every(([, { dryRun }]) => dryRun));
});

test('changeLetters() of a dry run only looks', async () => {
  const { client, asked } = engine();
  const terminal = fakeTerminal('json');
  const { reason: _, ...looks } = { ...flags, dryRun: true };
  assert.equal(await changeLetters(client, 'purge', looks, terminal), 0);
  assert.deepEqual(
    asked.map(([verb, { dryRun }]) => [verb, dryRun]),
    [['purge', true]],
  );
  const { kind, action, dryRun, letters, reasons, firstEntrySeq } = JSON.parse(terminal.shown());
  assert.deepEqual(
    [kind, action, dryRun, letters, reasons, firstEntrySeq],
    ['DeadLetterOutcome', 'purge', true, 1_234, { Rejected: 1_230, Malformed: 4 }, 3],
  );
});

test('changeLetters() says which letters are meant', async () => {
  const { client, asked } = engine();
  const some: LettersFlags = {
    ...flags,
    all: false,
    from: 12,
    to: 17,
    beforeMs: 1_700_000_000_123,
  };
  await changeLetters(client, 'purge', some, fakeTerminal('json'));
  const choice = asked[0]?.[1].choice;
  assert.deepEqual([choice?.all, choice?.fromEntrySeq, choice?.toEntrySeq], [false, 12, 17]);
  assert.equal(choice?.receivedBefore && timestampMs(choice.receivedBefore), 1_700_000_000_123);
});

test('changeLetters() says that nothing is there, without asking', async () => {
  const { client, asked } = engine({}, { waitingLetters: 0 });
  const { yes: _, ...unconfirmed } = flags;
  const terminal = fakeTerminal('table', 'n');
  assert.equal(await changeLetters(client, 'redrive', unconfirmed, terminal), 0);
  assert.equal(asked.length, 1);
  assert.equal(terminal.shown(), 'nothing to redrive\n');
  assert.doesNotMatch(terminal.told(), /plan:|Do it/);
});

test('changeLetters() says so as well if others are there, of a dry run, and with --yes', async () => {
  const none: Outcome = { waitingLetters: 1 };
  for (const more of [{}, { dryRun: true }, { yes: false }]) {
    const terminal = fakeTerminal('table', 'n');
    const { client } = engine(none, none);
    assert.equal(await changeLetters(client, 'purge', { ...flags, ...more }, terminal), 0);
    assert.equal(terminal.shown(), 'nothing to purge: none of 1 dead letter is meant\n');
  }
});

test('changeLetters() speaks of one letter as of one', async () => {
  const one = {
    letters: 1,
    waitingLetters: 1,
    recordsMin: 1,
    damagedLetters: 1,
    tooLargeLetters: 1,
  };
  const { client } = engine(one, one);
  const terminal = fakeTerminal('table', 'y');
  await changeLetters(client, 'purge', { ...flags, yes: false }, terminal);
  assert.match(terminal.told(), /1 of 1 letter, 1 record, 0 B/);
  assert.match(
    terminal.shown(),
    /^1 cannot be read: it goes as well, unless --before names a time$/m,
  );
  assert.match(terminal.shown(), /^1 is larger than a batch may be: it goes as well/m);
});

test('changeLetters() exits with 1 if it ended early, and says why', async () => {
  const stopped = { stopped: 'the vault has no room', stoppedCode: 'VAULT_FULL', letters: 3 };
  const { client } = engine({ ...found, ...stopped, damagedLetters: 4, duplicates: 7 });
  const terminal = fakeTerminal();
  assert.equal(await changeLetters(client, 'redrive', flags, terminal), 1);
  assert.match(terminal.shown(), /stopped: VAULT_FULL: the vault has no room/);
  assert.match(terminal.shown(), /4 cannot be read: they stay/);
  assert.match(terminal.shown(), /duplicates: 7/);
});

const wrong: [title: string, verb: 'redrive' | 'purge', flags: Partial<LettersFlags>][] = [
  ['neither all nor some', 'redrive', { all: false }],
  ['all and some', 'redrive', { from: 3 }],
  ['an empty range', 'redrive', { all: false, from: 4, to: 3 }],
  ['a purge without a reason', 'purge', { reason: ' ' }],
];
for (const [title, verb, change] of wrong) {
  test(`changeLetters() refuses ${title}`, async () => {
    const { client, asked } = engine();
    await assert.rejects(
      changeLetters(client, verb, { ...flags, ...change }, fakeTerminal()),
      (error) => error instanceof CtlError && error.code === 'USAGE',
    );
    assert.equal(asked.length, 0);
  });
}
