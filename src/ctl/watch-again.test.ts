import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeControl, fakeTerminal } from '../../test/support/control-fake.ts';
import { Backoff } from './backoff.ts';
import { CtlError, type CtlErrorCode } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import type { OutputFormat } from './terminal.ts';
import { type Watch, watchAgain } from './watch-again.ts';

const flags = { timeoutMs: 1_000 };
const gone = fault('UNREACHABLE');
const denied = fault('DENIED');

function fault(code: CtlErrorCode): CtlError {
  return new CtlError(code, CtlExit.No, `message of ${code}\u001b`, '');
}

/** Each connection ends with the next of these; a true before it: it has worked until then. */
async function check(
  ends: readonly (readonly [boolean, unknown])[],
  format: OutputFormat = 'table',
) {
  const terminal = fakeTerminal(format);
  const pausesMs: number[] = [];
  const rest = [...ends];
  const watch: Watch = async (_, answered) => {
    const [hasWorked, error] = rest.shift() ?? assert.fail('asked too often');
    if (hasWorked) answered();
    throw error;
  };
  let error: unknown;
  await watchAgain(flags, terminal, watch, {
    connect: (_, __, use) => use(fakeControl({})),
    pause: async (ms) => void pausesMs.push(ms),
    backoff: new Backoff(() => 0),
  }).catch((caught) => {
    error = caught;
  });
  assert.equal(rest.length, 0, 'asked too seldom');
  return { error, pausesMs, terminal };
}

test('watchAgain() asks again, later each time, until what comes does not pass', async () => {
  const ends = [[true, gone], ...Array(6).fill([false, gone]), [false, denied]] as const;
  const { error, pausesMs } = await check(ends);
  assert.equal(error, denied);
  assert.deepEqual(pausesMs, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
});

test('watchAgain() begins with short pauses again once it has worked', async () => {
  const { pausesMs } = await check([
    [true, gone],
    [false, gone],
    [true, gone],
    [false, denied],
  ]);
  assert.deepEqual(pausesMs, [500, 1_000, 500]);
});

test('watchAgain() of what never worked ends with the error', async () => {
  const { error, pausesMs } = await check([[false, gone]]);
  assert.deepEqual([error, pausesMs], [gone, []]);
});

test('watchAgain() passes on faults of ours', async () => {
  const ours = new TypeError('ours');
  assert.equal((await check([[true, ours]])).error, ours);
});

test('watchAgain() takes what a restart shows for passing, and a refusal not', async () => {
  for (const code of ['UNREACHABLE', 'TIMEOUT', 'TLS_PEER'] as const) {
    await check([
      [true, fault(code)],
      [false, denied],
    ]);
  }
  for (const code of ['DENIED', 'UNSUPPORTED', 'USAGE', 'TLS_MATERIAL'] as const) {
    await check([[true, fault(code)]]);
  }
});

test('watchAgain() says so on stderr, and among the answers to programs', async () => {
  const ends = [
    [true, gone],
    [false, denied],
  ] as const;
  const { terminal } = await check(ends);
  const told = 'warning: UNREACHABLE: message of UNREACHABLE\\u001b; trying again in 500ms\n';
  assert.deepEqual([terminal.told(), terminal.shown()], [told, '']);
  const json = (await check(ends, 'json')).terminal;
  assert.equal(json.told(), '');
  const { kind, error, againInMs } = JSON.parse(json.shown());
  assert.deepEqual([kind, error.code, againInMs], ['Disconnected', 'UNREACHABLE', 500]);
});

test('nextMs() is up to a quarter shorter, so that many do not come at once', () => {
  assert.equal(new Backoff(() => 0.999).nextMs(), 375);
});
