import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import {
  answerJson,
  answerMessages,
  type ScriptedEngine,
  startScriptedEngine,
} from '../../../test/support/scripted-engine.ts';
import { GopherShipError } from '../../errors.ts';
import { dashboardAnswerSizeBytesMax, MiB } from '../../limits.ts';
import { EngineSession } from '../engine-session.ts';
import { EngineLink, LinkFault } from './engine-link.ts';

interface LinkRig {
  engine: ScriptedEngine;
  readonly link: EngineLink;
  readonly clock: FakeClock;
  connectCount: number;
}

async function start(context: TestContext): Promise<LinkRig> {
  const clock = new FakeClock();
  const rig: LinkRig = {
    engine: await startScriptedEngine(),
    link: new EngineLink({
      ...{ address: 'engine:4319', timeoutMs: 5_000, clock },
      connect() {
        rig.connectCount += 1;
        return rig.engine.connect();
      },
    }),
    clock,
    connectCount: 0,
  };
  context.after(async () => {
    rig.link.close();
    await rig.engine.close();
  });
  return rig;
}

const here = new AbortController().signal;
const procedure = 'gophership.control.v1.ControlService/GetStatus';

function call({ link }: LinkRig): Promise<string> {
  return link.call(procedure, Buffer.from('{}'), here).then(
    ({ status, body }) => `${status} ${body}`,
    (error: unknown) => {
      assert.ok(error instanceof LinkFault, String(error));
      return `${error.refusal.status} ${error.refusal.message}`;
    },
  );
}

test('EngineLink has one connection for all calls', async (context) => {
  const rig = await start(context);
  rig.engine.script = ({ stream }) => answerJson(stream, 200, { at: rig.engine.calls.length });
  const answers = await Promise.all(Array.from({ length: 10 }, () => call(rig)));
  assert.ok(answers.every((answer) => answer.startsWith('200 {"at":')));
  assert.equal(rig.connectCount, 1);
});

test('EngineLink says that the engine is away, asks seldom, and finds it again', async (context) => {
  const rig = await start(context);
  assert.equal(await call(rig), '200 {}');
  const { port } = rig.engine;
  await rig.engine.close();
  assert.match(await call(rig), /^503 UNREACHABLE: engine:4319: .*ECONNREFUSED/);
  const { connectCount } = rig;
  for (let count = 0; count < 5; count += 1) assert.match(await call(rig), /^503 UNREACHABLE/);
  assert.equal(rig.connectCount, connectCount);
  rig.engine = await startScriptedEngine(port);
  rig.clock.advance(250);
  assert.equal(await call(rig), '200 {}');
});

test('EngineLink says so when the engine goes in the middle of a call', async (context) => {
  const rig = await start(context);
  rig.engine.script = ({ stream }) => stream.session?.destroy();
  assert.match(await call(rig), /^503 UNREACHABLE: engine:4319: /);
  rig.engine.script = ({ stream }) => {
    stream.respond({ ':status': 200, 'content-type': 'application/json' });
    stream.write('{"half');
    stream.session?.destroy();
  };
  rig.clock.advance(250);
  assert.match(await call(rig), /^503 UNREACHABLE: engine:4319: /);
  rig.engine.script = ({ stream }) => stream.close(2);
  assert.match(await call(rig), /^503 UNREACHABLE: engine:4319 ended the call/);
});

test('EngineLink waits no longer than it may, and lets go of the call', async (context) => {
  const rig = await start(context);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const { promise: asked, resolve: hear } = Promise.withResolvers<void>();
  rig.engine.script = ({ stream }) => {
    stream.once('close', resolve);
    hear();
  };
  const late = call(rig);
  await asked;
  rig.clock.advance(5_000);
  assert.equal(await late, '504 TIMEOUT: engine:4319: no answer within 5 s');
  await ended;
});

test('EngineLink lets go of a call that nobody waits for any more', async (context) => {
  const rig = await start(context);
  const left = new AbortController();
  rig.engine.script = () => left.abort();
  const gone = rig.link.call(procedure, Buffer.from('{}'), left.signal);
  await assert.rejects(gone, LinkFault);
  const [asked] = rig.engine.calls;
  if (asked?.stream.closed !== true) await once(asked!.stream, 'close');
});

test('EngineLink takes no answer that is larger than it may be', async (context) => {
  const rig = await start(context);
  const fits = 'x'.repeat(dashboardAnswerSizeBytesMax - 2);
  rig.engine.script = ({ stream }) => answerJson(stream, 200, fits);
  assert.equal(await call(rig), `200 "${fits}"`);
  rig.engine.script = ({ stream }) => answerJson(stream, 200, `${fits}x`);
  assert.equal(await call(rig), `502 ENGINE: engine:4319 sent more than ${4 * MiB} bytes`);
});

test('EngineLink puts what a port says in plain text into the form of an error', async (context) => {
  const rig = await start(context);
  const text = 'CONTROL_BUSY: as many requests are open as may be\n';
  rig.engine.script = ({ stream }) => {
    stream.respond({ ':status': 429, 'content-type': 'text/plain; charset=utf-8' });
    stream.end(text);
  };
  const error = { code: 'resource_exhausted', message: text.trim() };
  assert.equal(await call(rig), `429 ${JSON.stringify(error)}`);
});

test('EngineLink waits for no connection longer than for an answer', async (context) => {
  const silent = createServer((socket) => socket.resume());
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const { port } = silent.address() as AddressInfo; // it listens on TCP
  context.after(() => silent.close());
  const clock = new FakeClock();
  const connecting = Promise.withResolvers<void>();
  const link = new EngineLink({
    ...{ address: 'engine:4319', timeoutMs: 5_000, clock },
    async connect() {
      setImmediate(connecting.resolve);
      return new EngineSession('127.0.0.1', port, {});
    },
  });
  const opened = link.open(procedure, Buffer.from('{}'), here);
  const refused = assert.rejects(opened, /TIMEOUT: engine:4319: no answer within 5 s/);
  await connecting.promise;
  clock.advance(5_000);
  await refused;
});

test('EngineLink looks after a connection once, however many streams go over it', async (context) => {
  const rig = await start(context);
  let keptCount = 0;
  const connect = rig.engine.connect;
  rig.engine.connect = async () => {
    const session = await connect();
    session.keepAlive = () => {
      keptCount += 1;
    };
    return session;
  };
  rig.engine.script = ({ stream }) => {
    answerMessages(stream);
    stream.end();
  };
  for (let count = 0; count < 3; count += 1) {
    await rig.link.open(procedure, Buffer.from('{}'), here);
  }
  assert.equal(keptCount, 1);
});

test('EngineLink says what is wrong with the certificates', async () => {
  const link = new EngineLink({
    ...{ address: 'engine:4319', timeoutMs: 5_000, clock: new FakeClock() },
    connect: () => Promise.reject(new GopherShipError('TLS_MATERIAL', 'ann.pem has expired')),
  });
  const refused = link.call(procedure, Buffer.from('{}'), here);
  await assert.rejects(refused, /TLS_MATERIAL: ann\.pem has expired/);
});
