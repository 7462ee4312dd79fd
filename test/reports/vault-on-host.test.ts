// Scenario: field reports K1 to K4: two engines want one vault, over a reload and from another PID
// namespace; an operator asks after a restart what waits in the vault, reads the log of an outage,
// and checks a vault whose segments were overwritten, before anybody starts on it.
// Guarantees: one vault has one engine, by a lock of the kernel; the numbers are right at once; the
// log speaks of dropping only where something is lost; the check finds the damage, says so with its
// exit code and writes nothing.
//
// K2 asks the metrics endpoint, which comes with issue 7. Until then: `gophership vault ls`, which
// reads the files of a running engine too, and the last line of the log. It has no quota and no
// free space, and cannot know how long the replay will take.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { hashes } from '../support/report-files.ts';
import { startProcess } from '../support/running-process.ts';
import { EngineRig, until } from '../vault-engine/engine-rig.ts';

const launcher = new URL('../../bin/gophership', import.meta.url).pathname;
const locked = /VAULT_LOCKED.*in use by (?:process \d+|another process)/;

test('K1 the lock of a vault holds over reloads and in another PID namespace, and no kill leaves it', async (context) => {
  const rig = await EngineRig.create(context);
  const first = await rig.start({ force: 'red' });
  const producer = rig.load(first);
  await rig.oracle.untilAcked(10);
  first.signal('SIGHUP');
  await first.waitForLog(({ msg }) => msg.startsWith('read certificates and'), 'that it reloads');
  const second = rig.spawn();
  assert.equal(await second.exited, 73);
  assert.match(second.lines.join('\n'), locked);
  const apart = inPidNamespace(rig);
  context.after(() => apart.kill());
  const code = await apart.exited;
  const said = apart.lines.join('\n');
  if (/unshare.*(failed|not permitted)/.test(said)) context.diagnostic(`SKIPPED: ${said}`);
  else {
    assert.equal(code, 73, said);
    assert.match(said, locked);
  }
  await rig.oracle.untilAcked(rig.ackedCount + 10);
  await first.kill();
  await producer.exited;
  const next = await rig.start();
  await rig.delivered();
  assert.equal(await next.stop(), 0);
  rig.check();
});

/** Its process ids are others: that of the holder means nothing there. */
function inPidNamespace(rig: EngineRig) {
  const path = join(rig.directory, 'apart.yaml');
  writeFileSync(path, stringify(rig.config()));
  const args = ['--pid', '--fork', '--mount-proc', launcher, 'run', '--config', path];
  return startProcess({ name: 'apart', command: 'unshare', args, directory: rig.directory });
}

test('K2 after a restart the vault says what waits in it: batches, bytes, age and who is owed', async (context) => {
  const rig = await EngineRig.create(context, { sinkMode: { kind: 'blackhole' } });
  const beforeMs = Date.now();
  const red = await rig.start({ force: 'red' });
  const producer = rig.load(red);
  await rig.oracle.untilAcked(500);
  await producer.kill();
  assert.equal(await red.stop(), 0);
  const count = Number(red.logs().findLast(({ msg }) => msg === 'stopped')?.in_vault_batches);
  assert.ok(count >= rig.ackedCount, `${count} in the vault, ${rig.ackedCount} acknowledged`);
  const next = await rig.start();
  const startedMs = performance.now();
  const { totals, cursors, segments } = ls(rig.vaultPath);
  assert.ok(performance.now() - startedMs < 5_000, 'right within 5 s of the start');
  assert.equal(totals.entries, count);
  assert.deepEqual(
    cursors.map(({ consumer, owed }) => [consumer, owed]),
    [['otlp_grpc', count]],
  );
  assert.ok(totals.rawBytes > count * 100 && totals.storedBytes > 0 && totals.fileBytes > 0);
  const oldestMs = Date.parse(segments[0]?.oldest ?? '');
  assert.ok(oldestMs >= beforeMs - 1 && oldestMs <= Date.now(), segments[0]?.oldest ?? 'no age');
  rig.sink.mode = { kind: 'ok' };
  rig.sink.dropConnections();
  await rig.delivered();
  await until(() => ls(rig.vaultPath).cursors[0]?.owed === 0, 'nothing is owed any more');
  assert.equal(await next.stop(), 0);
  const stopped = next.logs().findLast(({ msg }) => msg === 'stopped');
  assert.deepEqual([stopped?.in_vault_batches, stopped?.lost_batches], [0, 0]);
  rig.check();
});

test('K3 the log of an outage without a loss has no word of dropping', async (context) => {
  const rig = await EngineRig.create(context, { sinkMode: { kind: 'unavailable' } });
  const engine = await rig.start({ vault: { ack_deadline: '50ms' } });
  const producer = rig.load(engine);
  await rig.oracle.untilAcked(500);
  rig.sink.mode = { kind: 'blackhole' };
  await rig.oracle.untilAcked(1_000);
  rig.sink.mode = { kind: 'ok' };
  rig.sink.dropConnections();
  await producer.kill();
  await rig.delivered();
  assert.equal(await engine.stop(), 0);
  const lines = engine.logs();
  const stopped = lines.findLast(({ msg }) => msg === 'stopped');
  assert.deepEqual([stopped?.dropped_records, stopped?.lost_batches], [0, 0]);
  // All but the last line, whose counters are those above.
  const texts = lines.flatMap((line) => (line === stopped ? [] : [JSON.stringify(line)]));
  assert.deepEqual(
    texts.filter((text) => /drop|discard|\blo(?:st|ses)\b/i.test(text)),
    [],
  );
  // In words that somebody who looks for the outage finds.
  assert.ok(
    texts.some((text) => text.includes('it is sent again')),
    texts.join('\n'),
  );
  rig.check();
});

test('K4 verify finds damage before a start, exits with 1 and leaves every byte alone', async (context) => {
  const rig = await EngineRig.create(context);
  const engine = await rig.start({ force: 'red' });
  const producer = rig.load(engine, 8, 1_000_000);
  await rig.oracle.untilAcked(20);
  await producer.kill();
  assert.equal(await engine.stop(), 0);
  const clean = verify(rig.vaultPath);
  assert.deepEqual([clean.status, clean.value.clean, clean.value.findings], [0, true, []]);
  const segments = readdirSync(join(rig.vaultPath, 'seg')).filter((name) => name.endsWith('.vlt'));
  assert.ok(segments.length >= 4, `${segments.length} segments`);
  for (const name of segments.toSorted().slice(0, -1)) overwrite(join(rig.vaultPath, 'seg', name));
  const before = hashes(rig.vaultPath);
  const { status, value } = verify(rig.vaultPath);
  assert.equal(status, 1);
  assert.equal(value.clean, false);
  assert.ok(value.findings.length >= segments.length - 1, JSON.stringify(value.findings));
  assert.deepEqual(hashes(rig.vaultPath), before, 'nothing was written');
  // And what it says is what a start then finds.
  const next = await rig.start();
  await next.waitForLog(({ code }) => code === 'VAULT_DAMAGED', 'what verify has found');
  await until(() => {
    rig.collect();
    const missing = rig.arrivals.missingOf(rig.oracle.notes().acked);
    return missing.length <= value.lostEntries;
  }, 'everything else arrives');
  assert.equal(await next.stop(), 0);
});

interface Ls {
  readonly totals: Record<'entries' | 'rawBytes' | 'storedBytes' | 'fileBytes', number>;
  readonly cursors: readonly { readonly consumer: string; readonly owed: number }[];
  readonly segments: readonly { readonly oldest: string | null }[];
}

interface Verified {
  readonly clean: boolean;
  readonly findings: readonly object[];
  readonly lostEntries: number;
}

function ls(vaultPath: string): Ls {
  const { status, text } = gophershipVault('ls', vaultPath);
  assert.equal(status, 0, text);
  return JSON.parse(text) as Ls; // what the command promises
}

function verify(vaultPath: string): { status: number | null; value: Verified } {
  const { status, text } = gophershipVault('verify', vaultPath);
  return { status, value: JSON.parse(text) as Verified }; // what the command promises
}

function gophershipVault(command: string, vaultPath: string) {
  const args = ['vault', command, vaultPath, '--output-format', 'json'];
  const { status, stdout } = spawnSync(launcher, args, { encoding: 'utf8' });
  return { status, text: stdout };
}

/** A unit of 4 KiB in the middle, aligned to a sector. */
function overwrite(path: string): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, Buffer.alloc(4_096, 0xa5), 0, 4_096, 2 * 1_048_576 + 512);
  closeSync(descriptor);
}
