import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { ControlRig } from '../../test/support/control-rig.ts';
import { FakeLetters, letterOutcome } from '../../test/support/fake-letters.ts';
import { serviceClient } from '../../test/support/service-client.ts';
import { GopherShipError } from '../errors.ts';
import { DeadLetterService } from '../generated/gophership/control/v1/letters_pb.js';
import type { Audit } from './audit-log.ts';
import type { EngineView } from './engine-view.ts';
import { letterService } from './letter-service.ts';

function rigOf() {
  const rig = new ControlRig();
  const letters = new FakeLetters();
  const { clock, audit } = rig;
  const view: EngineView = Object.create(rig.view, { letters: { value: letters } });
  const service = letterService({ view: () => view, clock, audit });
  const client = serviceClient(DeadLetterService, service, audit, 'alice');
  return { client, letters, audit };
}

function outcomesOf(audit: Audit): string[] {
  return audit.mutations().map(({ outcome }) => outcome);
}

async function all<Message>(answers: AsyncIterable<Message>): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of answers) messages.push(message);
  return messages;
}

test('redriveDeadLetters() tells how far it is, and what became of it', async () => {
  const { client, letters, audit } = rigOf();
  const choice = { fromEntrySeq: 4, toEntrySeq: 6 };
  const answers = await all(client.redriveDeadLetters({ choice, reason: 'mended' }));
  assert.deepEqual(
    answers.map(({ outcome: sent, isComplete }) => [sent?.letters, isComplete]),
    [
      [1, false],
      [3, true],
    ],
  );
  assert.deepEqual(answers.at(-1)?.outcome?.reasons[0]?.reason, 'Rejected');
  assert.deepEqual(letters.commands, [
    {
      kind: 'redrive',
      choice: { fromSeq: 4, toSeq: 7, receivedBeforeNs: undefined },
      dryRun: false,
    },
  ]);
  assert.deepEqual(
    audit.mutations().map(({ wallMs: _, ...line }) => line),
    [
      { outcome: 'begun', detail: 'letters from 4 on, up to 6' },
      { outcome: 'done', detail: '3 letters (4 to 6) redriven; 2 are left' },
    ].map((line) => ({ procedure: 'RedriveDeadLetters', by: 'alice', reason: 'mended', ...line })),
  );
});

test('purgeDeadLetters() of a dry run needs no reason and is no line of the audit', async () => {
  const { client, letters, audit } = rigOf();
  const receivedBefore = { seconds: 1_700_000_000n, nanos: 5 };
  await all(client.purgeDeadLetters({ choice: { receivedBefore }, dryRun: true }));
  assert.equal(letters.commands[0]?.choice.receivedBeforeNs, 1_700_000_000_000_000_005n);
  assert.equal(letters.commands[0]?.dryRun, true);
  assert.equal(audit.mutations().length, 0);
});

test('purgeDeadLetters() that ends early is an answer, and no success in the audit', async () => {
  const { client, letters, audit } = rigOf();
  letters.answer = { ...letterOutcome, stopped: { code: 'VAULT_FAILED', message: 'the disk' } };
  const answers = await all(client.purgeDeadLetters({ choice: { all: true }, reason: 'old' }));
  assert.equal(answers.at(-1)?.outcome?.stoppedCode, 'VAULT_FAILED');
  assert.deepEqual(outcomesOf(audit), ['begun', 'VAULT_FAILED']);
});

test('redriveDeadLetters() passes on why it cannot be begun', async () => {
  const { client, letters, audit } = rigOf();
  letters.answer = new GopherShipError('CONTROL_BUSY', 'letters are being worked on already');
  await assert.rejects(
    all(client.redriveDeadLetters({ choice: { all: true } })),
    (error) => error instanceof ConnectError && /CONTROL_BUSY/.test(error.message),
  );
  assert.deepEqual(outcomesOf(audit), ['begun', 'CONTROL_BUSY']);
  await assert.rejects(
    all(client.redriveDeadLetters({ choice: { all: true }, dryRun: true })),
    (error) => error instanceof ConnectError && /CONTROL_BUSY/.test(error.message),
  );
  assert.equal(audit.mutations().length, 2);
});

const wrong: [
  title: string,
  request: Parameters<ReturnType<typeof rigOf>['client']['purgeDeadLetters']>[0],
][] = [
  ['nothing named', { reason: 'x' }],
  ['all and a bound', { choice: { all: true, toEntrySeq: 3 }, reason: 'x' }],
  [
    'a range that ends before it begins',
    { choice: { fromEntrySeq: 4, toEntrySeq: 3 }, reason: 'x' },
  ],
  ['half a letter', { choice: { toEntrySeq: 0.5 }, reason: 'x' }],
  ['a letter below 0', { choice: { fromEntrySeq: -1 }, reason: 'x' }],
  ['no reason', { choice: { all: true }, reason: ' ' }],
  ['a reason without an end', { choice: { all: true }, reason: 'x'.repeat(600) }],
];
for (const [title, request] of wrong) {
  test(`purgeDeadLetters() refuses ${title}`, async () => {
    const { client, letters } = rigOf();
    await assert.rejects(
      all(client.purgeDeadLetters(request)),
      (error) => error instanceof ConnectError && error.code === Code.InvalidArgument,
    );
    assert.equal(letters.commands.length, 0);
  });
}
