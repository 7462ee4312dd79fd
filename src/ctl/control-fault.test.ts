import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { fakeControl } from '../../test/support/control-fake.ts';
import { ControlService } from '../generated/gophership/control/v1/control_pb.js';
import type { ControlConnection } from './control-connection.ts';
import { EngineSession } from './engine-session.ts';

interface Expected {
  readonly code: string;
  readonly exitCode: number;
  readonly message?: RegExp | string;
  readonly hint?: RegExp;
}

/** What a call ends with when the engine answers so, or the connection does. */
async function check(
  answer: ConnectError | 'never' | 'unknown call',
  expected: Expected,
  connection: Partial<ControlConnection> = {},
): Promise<void> {
  const getStatus = () => {
    if (answer === 'never') return new Promise<never>(() => {});
    throw answer;
  };
  const service = answer === 'unknown call' ? {} : { getStatus };
  const client = fakeControl({ service, connection });
  const run = client.call(ControlService, (control, options) => control.getStatus({}, options));
  await assert.rejects(run, expected);
}

function said(text: string, code: Code): ConnectError {
  return new ConnectError(text, code);
}

test('callFault() keeps the code of the engine and says what to try', async () => {
  const denied = said('CONTROL_DENIED: SetOverride needs operator', Code.PermissionDenied);
  const message = 'SetOverride needs operator';
  await check(denied, { code: 'CONTROL_DENIED', exitCode: 4, message, hint: /control\.roles/ });
  const roleless = said(
    'CONTROL_DENIED: Tap needs the role viewer, not none',
    Code.PermissionDenied,
  );
  await check(roleless, { code: 'CONTROL_DENIED', exitCode: 4, hint: /--role viewer/ });
  const invalid = said('CONTROL_INVALID: too long', Code.InvalidArgument);
  await check(invalid, { code: 'CONTROL_INVALID', exitCode: 64, message: 'too long' });
  const busy = said('CONTROL_BUSY: 16 of 16 watch', Code.ResourceExhausted);
  await check(busy, { code: 'CONTROL_BUSY', exitCode: 1, hint: /try again/ });
  const starting = said('DRAINING: the engine is starting', Code.Unavailable);
  await check(starting, { code: 'DRAINING', exitCode: 3, hint: /gs-ctl health/ });
});

test('callFault() passes on what a later engine says', async () => {
  const later = said('CONTROL_LATER: because', Code.FailedPrecondition);
  await check(later, { code: 'ENGINE', exitCode: 1, message: 'CONTROL_LATER: because' });
  await check(said('gone', Code.NotFound), { code: 'NOT_FOUND', exitCode: 5 });
  await check(said('HTTP 415', Code.Unknown), { code: 'ENGINE', exitCode: 1, hint: /4319/ });
  await check(said('no', Code.Unauthenticated), { code: 'DENIED', exitCode: 4 });
});

test('callFault() takes an unknown call for another engine, or another port', async () => {
  const expected = { code: 'UNSUPPORTED', exitCode: 1, hint: /4319.*gs-ctl version/ };
  await check('unknown call', expected);
  await check(said('METHOD_UNKNOWN: no such method', Code.Unimplemented), expected);
});

test('callFault() tells an answer that is late from a connection that is', async () => {
  const timeoutMs = 20;
  const late = {
    code: 'TIMEOUT',
    exitCode: 6,
    message: /no answer within 20ms/,
    hint: /--timeout/,
  };
  await check('never', late, { timeoutMs, hasSpoken: true });
  const gone = { code: 'TIMEOUT', exitCode: 6, message: /no connection within 20ms/, hint: /4319/ };
  await check('never', gone, { timeoutMs, hasSpoken: false });
});

test('callFault() says why the connection is over, unless the engine has said more', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const fault = () => Promise.resolve<Error>(refused);
  const gone = { code: 'UNREACHABLE', exitCode: 3, message: /ECONNREFUSED/, hint: /4319/ };
  await check(said('stream closed', Code.Aborted), gone, { fault });
  const denied = said('CONTROL_DENIED: no', Code.PermissionDenied);
  await check(denied, { code: 'CONTROL_DENIED', exitCode: 4 }, { fault });
  const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' });
  const name = { code: 'UNREACHABLE', exitCode: 3, hint: /spelled right/ };
  await check(said('', Code.Unavailable), name, { fault: () => Promise.resolve<Error>(unknown) });
});

test('call() ends when the connection does, also without an error of the stream', async () => {
  const over = new AbortController();
  const fault = () => Promise.resolve(new Error('closed by the other end'));
  const gone = { code: 'UNREACHABLE', exitCode: 3, message: /closed by the other end/ };
  const run = check('never', gone, { over: over.signal, fault });
  over.abort();
  await run;
});

test('watch() gives up on an engine that does not speak, and only then', async () => {
  async function* silent() {
    await new Promise((resolve) => setTimeout(resolve, 60));
    yield { event: { case: undefined } };
  }
  const watched = async (hasSpoken: boolean) => {
    let count = 0;
    const connection = { timeoutMs: 20, hasSpoken };
    const client = fakeControl({ service: { watchStatus: silent }, connection });
    const answers = client.watch(ControlService, (control, options) =>
      control.watchStatus({}, options),
    );
    for await (const _ of answers) count += 1;
    return count;
  };
  assert.equal(await watched(true), 1);
  await assert.rejects(watched(false), { code: 'TIMEOUT', exitCode: 6 });
});

test('EngineSession reason() of a port where nobody listens is its code', async () => {
  const session = new EngineSession('127.0.0.1', 1, {});
  await session.ended;
  assert.equal(session.isAlive, false);
  assert.match(String(await session.fault()), /ECONNREFUSED/);
});
