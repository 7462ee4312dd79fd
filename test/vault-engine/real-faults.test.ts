// Scenario: system calls of a running engine that go to the files of its vault fail, each kind and
// each moment by chance: EIO, ENOSPC, EROFS, EDQUOT, EMFILE, ENOMEM, and writes that end in the
// middle; under load, and while the vault is opened.
// Guarantees: the engine lives on and takes batches again by itself; nothing that it acknowledged
// is lost, altered or invented, as the next life shows.
//
// Field reports: E2, E4, E12, C13. Without a C compiler this prints "SKIPPED: reason".

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { caseCount, isLeftToCi } from '../support/vault-cases.ts';
import { deadPort, EngineRig, type LifeOptions, until } from './engine-rig.ts';
import { compileShim, ShimControl } from './preload.ts';

const errors = ['EIO', 'ENOSPC', 'EROFS', 'EDQUOT', 'EMFILE', 'ENOMEM'] as const;
/** How many of each kind of call a short life makes, about. */
const callsOfLife = {
  ...{ pwrite: 30, fdatasync: 18, open: 6, fsync: 5, rename: 3, unlink: 2, ftruncate: 1 },
} as const;
const faultsPerLife = 8;

interface Faults {
  readonly rig: EngineRig;
  readonly control: ShimControl;
  env(list: string): Readonly<Record<string, string>>;
  done(): string[];
}

async function prepare(context: TestContext): Promise<Faults | undefined> {
  const rig = await EngineRig.create(context);
  const shim = compileShim('fault-shim', rig.directory);
  if ('skipped' in shim) {
    context.skip(`SKIPPED: ${shim.skipped}`);
    return undefined;
  }
  const control = new ShimControl(rig.directory, 'fault-control');
  const log = join(rig.directory, 'fault-log');
  const env = (list: string) => ({
    LD_PRELOAD: shim.path,
    FAULT_DIRECTORY: rig.vaultPath,
    FAULT_CONTROL: control.path,
    FAULT_LOG: log,
    FAULT_LIST: list,
  });
  const done = () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []);
  return { rig, control, env, done };
}

const kinds = Object.keys(callsOfLife) as (keyof typeof callsOfLife)[]; // its own keys

function drawFaults(random: SeededRandom): string {
  return Array.from({ length: faultsPerLife }, (_, index) => {
    // Every second one is at what carries an acknowledgement.
    const call =
      index % 2 === 0 ? random.pick(['pwrite', 'fdatasync'] as const) : random.pick(kinds);
    const isShort = call === 'pwrite' && random.below(4) === 0;
    return `${call}:${1 + random.below(callsOfLife[call])}:${isShort ? 'short' : random.pick(errors)}`;
  }).join(',');
}

test('E2 E4 E12 a disk that fails under load costs no acknowledged batch and no life', async (context) => {
  const random = new SeededRandom(testSeed(context));
  const faults = await prepare(context);
  if (faults === undefined) return;
  const { rig, control, env, done } = faults;
  for (let life = 0; life < caseCount(1); life += 1) {
    const list = drawFaults(random);
    const where: LifeOptions =
      random.below(3) === 0 ? { force: 'red' } : { port: await deadPort() };
    try {
      const vault = { ack_deadline: '50ms' };
      const engine = await rig.start({ vault, ...where, env: env(list) });
      const producer = rig.load(engine);
      await rig.oracle.untilAcked(rig.ackedCount + 10);
      control.write(1);
      // Probes go on until the disk takes writes again, and then so does the vault.
      await rig.oracle.untilAcked(rig.ackedCount + 60, 40_000);
      control.write(0);
      await rig.oracle.untilAcked(rig.ackedCount + 10);
      if (random.below(2) === 0) {
        assert.equal(await engine.stop(), 0);
      } else {
        await engine.kill();
        assert.equal(await engine.exited, 128 + 9, 'it was alive until then');
      }
      await producer.exited;
    } catch (cause) {
      throw new Error(`life ${life} with ${list}; done: ${done().join('; ')}`, { cause });
    }
  }
  assert.ok(done().length > 0, 'faults were done');
  await look(faults, context);
});

test('C13 a disk that fails during the start leaves an engine, or a refusal, and every batch', async (context) => {
  if (isLeftToCi(context)) return;
  const random = new SeededRandom(testSeed(context));
  const faults = await prepare(context);
  if (faults === undefined) return;
  const { rig, control, env, done } = faults;
  const first = await rig.start({ force: 'red' });
  const producer = rig.load(first);
  await rig.oracle.untilAcked(40);
  await first.kill();
  await producer.exited;
  control.write(1);
  const ends = new Map<string, number>();
  for (let start = 0; start < caseCount(2); start += 1) {
    // The calls of a start are few.
    const list = `${random.pick(kinds)}:${1 + random.below(5)}:${random.pick(errors)}`;
    const engine = rig.spawn({ force: 'red', env: env(list) });
    let end = 'listens';
    try {
      const isListening = (line: string) => line.includes('"transport":"grpc"');
      const listens = engine.waitForLine(isListening, 'that it listens');
      const line = await Promise.race([listens.catch(() => ''), engine.exited]);
      if (typeof line === 'number') end = `exit ${line}`;
      else await until(() => engine.lines.some(isListening), 'listens');
      assert.ok(['listens', 'exit 78'].includes(end), `${end}: ${engine.lines.join('\n')}`);
    } catch (cause) {
      throw new Error(`start ${start} with ${list}; done: ${done().join('; ')}`, { cause });
    } finally {
      await engine.kill();
    }
    if (engine.lines.some((text) => text.includes('there is no vault'))) end += ' without a vault';
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  context.diagnostic([...ends].map(([end, times]) => `${times} ${end}`).join(', '));
  await look(faults, context);
});

async function look({ rig, done }: Faults, context: TestContext): Promise<void> {
  const engine = await rig.start();
  try {
    await rig.delivered();
    assert.equal(await engine.stop(), 0);
    rig.check();
  } catch (cause) {
    throw new Error(`after ${done().join('; ')}\n${JSON.stringify(engine.logs())}`, { cause });
  }
  context.diagnostic(`${done().length} faults: ${done().join('; ')}`);
}
