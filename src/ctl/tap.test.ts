import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect';
import { checkPrintable, fakeControl, fakeTerminal } from '../../test/support/control-fake.ts';
import { Zone } from '../generated/gophership/control/v1/control_pb.js';
import {
  TapRecordSchema,
  type TapRequest,
  type TapResponseSchema,
  TapService,
} from '../generated/gophership/control/v1/tap_pb.js';
import { showTap } from './tap.ts';

type Answer = MessageInitShape<typeof TapResponseSchema>;

function engine(answers: readonly Answer[]) {
  const asked: TapRequest[] = [];
  const transport = createRouterTransport((router) => {
    router.service(TapService, {
      async *tap(request) {
        asked.push(request);
        yield* answers;
      },
    });
  });
  return { asked, client: fakeControl({ connection: { transport } }) };
}

const time = timestampFromMs(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
const progress: Answer = {
  event: {
    case: 'progress',
    value: { sampledRecords: 500, matchedRecords: 4, receivedRecords: 12_345 },
  },
};
const paused: Answer = { event: { case: 'heartbeat', value: Zone.RED } };

function record(fields: MessageInitShape<typeof TapRecordSchema>): Answer {
  return { event: { case: 'record', value: create(TapRecordSchema, fields) } };
}

const samples: Answer[] = [
  progress,
  record({
    ...{ time, severityNumber: 17, severityText: 'error', serviceName: 'checkout' },
    body: 'it failed:\n  at one\r\n  at two\u001b[2J \u202e',
    attributes: [{ key: 'user\u0007', value: '\u001b]0;x' }],
  }),
  record({ observedTime: time, severityNumber: 12, body: 'long', isCut: true }),
  record({ eventName: 'started', serviceName: 'a-service-with-a-long-name' }),
];

test('showTap() has a line for each record, folded and escaped', async () => {
  const { client, asked } = engine([...samples, progress]);
  const terminal = fakeTerminal();
  const match = [{ key: 'user', value: 'ann' }];
  assert.equal(await showTap(client, { match, limit: 3 }, terminal), 0);
  assert.equal(
    terminal.shown(),
    [
      'TIME                      SEVERITY  SERVICE               BODY',
      '2026-01-02T03:04:05.678Z  error     checkout              ' +
        'it failed: at one at two\\u001b[2J \\u202e',
      '2026-01-02T03:04:05.678Z  INFO      -                     long ...',
      '-                         -         a-service-with-a-long-name  started',
      '',
    ].join('\n'),
  );
  assert.equal(terminal.told(), '3 shown of 4 that matched; looked at 500 of 12,345 received\n');
  assert.deepEqual([asked[0]?.limit, asked[0]?.matches[0]?.value], [3, 'ann']);
});

test('showTap() writes an object a line, and nothing but records to stdout', async () => {
  const { client } = engine([...samples, paused, progress]);
  const terminal = fakeTerminal('json');
  await showTap(client, { match: [], limit: 3 }, terminal);
  checkPrintable(terminal.shown());
  const values = terminal
    .shown()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(values.length, 3);
  assert.deepEqual(
    [values[0].apiVersion, values[0].kind, values[0].attributes, values[0].time],
    [...['gophership/v1', 'LogRecord', { 'user\u0007': '\u001b]0;x' }], '2026-01-02T03:04:05.678Z'],
  );
  assert.deepEqual([values[1].time, values[1].isCut, values[2].eventName], [null, true, 'started']);
  assert.equal(terminal.told(), '');
});

test('showTap() says when it is paused and when it goes on, and ends when the engine does', async () => {
  const { client } = engine([progress, paused, paused, progress, ...samples]);
  const terminal = fakeTerminal();
  await assert.rejects(showTap(client, { match: [] }, terminal), { code: 'UNREACHABLE' });
  assert.equal(terminal.told(), 'paused: the zone is Red\ngoes on: the zone is Red no longer\n');
});

test('showTap() has a hint for a tap that is refused in Red', async () => {
  const transport = createRouterTransport((router) => {
    router.service(TapService, {
      // biome-ignore lint/correctness/useYield: it never comes to that
      async *tap() {
        throw new ConnectError('CONTROL_TAP_PAUSED: the zone is Red', Code.FailedPrecondition);
      },
    });
  });
  const terminal = fakeTerminal();
  await assert.rejects(
    showTap(fakeControl({ connection: { transport } }), { match: [] }, terminal),
    { code: 'CONTROL_TAP_PAUSED', exitCode: 1, hint: /gs-ctl explain/ },
  );
  assert.equal(terminal.shown(), '');
});
