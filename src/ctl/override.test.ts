import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, durationMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { fakeControl, fakeTerminal, statusSample } from '../../test/support/control-fake.ts';
import { type OverrideSchema, Zone } from '../generated/gophership/control/v1/control_pb.js';
import { clearOverride, overrideClear, overrideSet, setOverride } from './override.ts';

type Override = MessageInitShape<typeof OverrideSchema>;

/** An engine that has this override, and writes down what it is told. */
function engine(before?: Override, refusal?: ConnectError) {
  const told: unknown[] = [];
  const zone = { zone: Zone.GREEN, computedZone: Zone.GREEN, reason: 'no signal' };
  const client = fakeControl({
    service: {
      getStatus: () => ({
        status: statusSample({ zone: before === undefined ? zone : { ...zone, override: before } }),
      }),
      setOverride({ zone: wanted, duration, reason }) {
        if (refusal !== undefined) throw refusal;
        told.push([wanted, duration && durationMs(duration), reason]);
        return { zone: { ...zone, zone: wanted, override: { zone: wanted, by: 'CN=me', reason } } };
      },
      clearOverride({ reason }) {
        told.push(reason);
        return { zone };
      },
    },
  });
  return { client, told };
}

const flags = { timeoutMs: 1_000, reason: 'backup', yes: true };
const setFlags = { ...flags, zone: 'yellow', ttlMs: 900_000 } as const;

test('setOverride() shows the plan, does it, and says how to undo it', async () => {
  const { client, told } = engine();
  const terminal = fakeTerminal();
  assert.equal(await setOverride(client, { ...setFlags, context: 'prod' }, terminal), 0);
  assert.deepEqual(told, [[Zone.YELLOW, 900_000, 'backup']]);
  const undo = 'gs-ctl override clear --reason undo --context prod';
  assert.match(terminal.told(), /^plan: hold web-1 \(engine:4319\) in Yellow for 15m$/m);
  assert.match(terminal.told(), /^ +reason: backup$/m);
  assert.match(terminal.told(), new RegExp(`^undo: ${undo}$`, 'm'));
  assert.match(terminal.told(), new RegExp(`^done; to undo: ${undo}$`, 'm'));
  assert.match(terminal.shown(), /^Yellow \(signals ask for Green\) +Yellow by CN=me/m);
  const json = fakeTerminal('json');
  await setOverride(client, { ...setFlags, context: 'prod' }, json);
  const value = JSON.parse(json.shown());
  assert.deepEqual([value.kind, value.zone.zone, value.undo], ['Override', 'yellow', undo]);
});

test('setOverride() brings the override before back as its undo, safe to paste', async () => {
  const before = {
    ...{ zone: Zone.RED, by: 'CN=ann', left: durationFromMs(61_400) },
    reason: "it's $(rm -rf /)\u001b",
  };
  const terminal = fakeTerminal();
  await setOverride(engine(before).client, setFlags, terminal);
  assert.match(terminal.told(), /in place of the override: Red by CN=ann, 1m1s left/);
  const undo = "gs-ctl override set red --ttl 61s --reason 'it'\\''s $(rm -rf /)\\u001b'\n";
  assert.ok(terminal.told().includes(`undo: ${undo}`), terminal.told());
});

test('overrides are asked for on a terminal, and only yes is yes', async () => {
  const answers = { y: 1, YES: 1, ' yes ': 1, n: 0, '': 0, yep: 0 };
  for (const [answer, done] of Object.entries(answers)) {
    const { client, told } = engine();
    const run = setOverride(client, { ...setFlags, yes: false }, fakeTerminal('table', answer));
    if (done === 1) await run;
    else await assert.rejects(run, { code: 'NOT_CONFIRMED', exitCode: 1 });
    assert.equal(told.length, done, answer);
  }
});

test('overrides need --yes where nobody can be asked, and show the plan all the same', async () => {
  const { client, told } = engine();
  const terminal = fakeTerminal();
  await assert.rejects(setOverride(client, { ...setFlags, yes: false }, terminal), {
    code: 'NOT_CONFIRMED',
    exitCode: 64,
    hint: /--yes/,
  });
  assert.deepEqual(told, []);
  assert.match(terminal.told(), /^plan: hold /m);
});

test('setOverride() of a viewer exits with 4 and says which role it takes', async () => {
  const denied = new ConnectError(
    'CONTROL_DENIED: SetOverride needs operator',
    Code.PermissionDenied,
  );
  const { client } = engine(undefined, denied);
  await assert.rejects(setOverride(client, setFlags, fakeTerminal()), {
    code: 'CONTROL_DENIED',
    exitCode: 4,
    message: 'SetOverride needs operator',
    hint: /--role operator/,
  });
});

test('clearOverride() ends an override and can bring it back', async () => {
  const before = { zone: Zone.RED, by: 'CN=ann', reason: 'swap', left: durationFromMs(60_000) };
  const { client, told } = engine(before);
  const terminal = fakeTerminal();
  assert.equal(await clearOverride(client, flags, terminal), 0);
  assert.deepEqual(told, ['backup']);
  assert.match(terminal.told(), /^undo: gs-ctl override set red --ttl 60s --reason swap$/m);
});

test('clearOverride() exits with 5 when there is nothing that it could end', async () => {
  const run = (before?: Override) => clearOverride(engine(before).client, flags, fakeTerminal());
  await assert.rejects(run(), { code: 'NOT_FOUND', exitCode: 5, message: /no override on web-1/ });
  const forced = { zone: Zone.RED, by: 'configuration', reason: 'zones.force: red' };
  await assert.rejects(run(forced), {
    code: 'NOT_FOUND',
    exitCode: 5,
    message: /held by its configuration: zones\.force: red/,
    hint: /SIGHUP/,
  });
});

test('overrides need a reason, before anything is asked of the engine', () => {
  for (const reason of ['', '  ', 'x'.repeat(513)]) {
    const given = { ...setFlags, reason };
    const usage = { code: 'USAGE', exitCode: 64 };
    assert.throws(() => overrideSet(given, fakeTerminal()), usage);
    assert.throws(() => overrideClear(given, fakeTerminal()), usage);
  }
});
