import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, ConnectError, createContextValues, type Interceptor } from '@connectrpc/connect';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { GopherShipError } from '../errors.ts';
import { ControlService } from '../generated/gophership/control/v1/control_pb.js';
import { createLog } from '../log.ts';
import type { Role } from './caller.ts';
import { callerKey } from './caller-key.ts';
import { RecordedAudit } from './recorded-audit.ts';
import { roleGate } from './role-gate.ts';

type Next = Parameters<Interceptor>[0];
type Request = Parameters<Next>[0];
type Response = Awaited<ReturnType<Next>>;

interface Call {
  readonly role?: Role;
  readonly procedure?: keyof typeof ControlService.method;
  readonly signal?: AbortSignal;
}

/** What stands behind the gate is all that a case is about; the rest of a call is left out. */
function through(next: (request: Request) => Promise<unknown>, call: Call = {}) {
  const {
    role = 'operator',
    procedure = 'getStatus',
    signal = new AbortController().signal,
  } = call;
  const clock = new FakeClock();
  const logged: string[] = [];
  const destination = { write: (line: string) => logged.push(line) };
  const log = createLog({ level: 'debug', format: 'text', destination, clock });
  const gate = roleGate(new RecordedAudit(clock, log), log);
  const method = ControlService.method[procedure];
  const contextValues = createContextValues().set(callerKey, { subject: 'CN=x', role });
  const request = { service: ControlService, method, contextValues, signal } as unknown as Request;
  return { logged, answer: gate(next as Next)(request) as Promise<Response> };
}

test('roleGate() lets a call through and changes nothing', async () => {
  const response = { stream: false, message: {} };
  assert.equal(await through(async () => response).answer, response);
});

test('roleGate() stops a call before its handler, and tells the audit', async () => {
  for (const [role, procedure] of [
    ['viewer', 'setOverride'],
    ['none', 'getStatus'],
  ] as const) {
    const ran: string[] = [];
    const { answer, logged } = through(async () => ran.push('ran'), { role, procedure });
    await assert.rejects(answer, (error) => {
      assert.ok(error instanceof ConnectError);
      assert.equal(error.code, Code.PermissionDenied);
      assert.match(error.rawMessage, /^CONTROL_DENIED: \w+ needs the role (viewer|operator), not /);
      return true;
    });
    assert.deepEqual(ran, []);
    assert.match(logged.join(''), /CONTROL_DENIED/);
  }
});

/** The error that a caller gets for what a handler throws, and what the log says. */
async function toldFor(thrown: unknown, call: Call = {}) {
  const { answer, logged } = through(() => Promise.reject(thrown), call);
  const error = await answer.then(
    () => assert.fail('it was answered'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError);
  return { code: error.code, text: error.rawMessage, logged: logged.join('') };
}

test('roleGate() gives our errors their status and their code', async () => {
  const { code, text } = await toldFor(new GopherShipError('CONTROL_INVALID', 'no reason'));
  assert.deepEqual([code, text], [Code.InvalidArgument, 'CONTROL_INVALID: no reason']);
  const own = new ConnectError('mine', Code.NotFound);
  assert.deepEqual(await toldFor(own), { code: Code.NotFound, text: 'mine', logged: '' });
});

test('roleGate() answers a fault of ours with INTERNAL, and keeps what it was in the log', async () => {
  const { code, text, logged } = await toldFor(new TypeError('x is not a function'));
  assert.equal(code, Code.Internal);
  assert.match(text, /^INTERNAL_FAULT: /);
  assert.doesNotMatch(text, /x is not/);
  assert.match(logged, /INTERNAL_FAULT.*GetStatus.*x is not a function/s);
});

test('roleGate() does not call the end of a call a fault', async () => {
  const stopped = new AbortController();
  stopped.abort(new ConnectError('the engine has stopped', Code.Unavailable));
  const told = await toldFor(new Error('interrupted'), { signal: stopped.signal });
  assert.deepEqual(told, { code: Code.Unavailable, text: 'the engine has stopped', logged: '' });
});

test('roleGate() does the same for what a stream throws later', async () => {
  async function* messages() {
    yield 1;
    throw new TypeError('too late');
  }
  const { answer, logged } = through(async () => ({ stream: true, message: messages() }), {
    procedure: 'watchStatus',
  });
  const response = await answer;
  assert.ok(response.stream);
  const seen: unknown[] = [];
  await assert.rejects(
    async () => {
      for await (const message of response.message) seen.push(message);
    },
    { code: Code.Internal },
  );
  assert.deepEqual(seen, [1]);
  assert.match(logged.join(''), /too late/);
});
