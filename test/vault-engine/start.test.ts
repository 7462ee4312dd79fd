// Scenario: an engine is started on a vault that another one has, on file systems that forget or
// take no direct I/O, on a read-only mount, on a vault of a newer version, and on a full disk.
// Guarantees: one vault has one engine, and no kill leaves a lock behind; what cannot be used is
// refused with a code or done without, said in the log; what is in a vault that may only be read
// is delivered all the same; a full disk can be started, drained and used again (V12, V13, V18,
// V19, V20).
//
// Field reports: C12, E1, E5, E6, E7, E13, and K1. What cannot be had here prints
// "SKIPPED: reason".

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KiB, MiB } from '../../src/limits.ts';
import { metaSlotSizeBytes } from '../../src/vault/format.ts';
import { U64 } from '../../src/vault/u64.ts';
import { type Mounted, MountedMedia } from '../support/mounted-media.ts';
import { isLeftToCi } from '../support/vault-cases.ts';
import { xxh64 } from '../support/xxh64.ts';
import { EngineRig, type LifeOptions, pause, until } from './engine-rig.ts';
import { segmentCount, usedBytes, vaultFiles } from './vault-state.ts';

/** The least vault that the configuration takes. */
const smallVault = { limit: '64MiB' } as const;

function mountedMedia(context: TestContext): MountedMedia {
  const media = new MountedMedia();
  context.after(() => media.release());
  return media;
}

function mounted(context: TestContext, make: () => Mounted): string | undefined {
  const medium = process.getuid?.() === 0 ? make() : { skipped: 'only root can mount' };
  if ('path' in medium) return medium.path;
  context.skip(`SKIPPED: ${medium.skipped}`);
  return undefined;
}

/** Leaves batches in the vault, acknowledged, and no engine. */
async function fill(rig: EngineRig, count: number, life: LifeOptions = {}): Promise<void> {
  const engine = await rig.start({ force: 'red', ...life });
  const producer = rig.load(engine);
  await rig.oracle.untilAcked(rig.ackedCount + count);
  await engine.kill();
  await producer.exited;
}

test('K1 a second engine on the vault ends with 73 and disturbs nobody; a kill leaves no lock', async (context) => {
  const rig = await EngineRig.create(context);
  const first = await rig.start({ force: 'red' });
  const producer = rig.load(first);
  await rig.oracle.untilAcked(10);
  for (let times = 0; times < 2; times += 1) {
    const second = rig.spawn();
    assert.equal(await second.exited, 73);
    const said = second.lines.join('\n');
    assert.match(said, new RegExp(`VAULT_LOCKED.*in use by process ${first.pid}\\b`));
    await rig.oracle.untilAcked(rig.ackedCount + 10);
  }
  await first.kill();
  await producer.exited;
  const next = await rig.start();
  await rig.delivered();
  assert.equal(await next.stop(), 0);
  rig.check();
});

test('E13 tmpfs is refused unless allowed, and what memory takes is said', async (context) => {
  if (isLeftToCi(context)) return;
  const media = mountedMedia(context);
  const tmpfs = mounted(context, () => media.memory('tmpfs'));
  if (tmpfs === undefined) return;
  const rig = await EngineRig.create(context, { vaultPath: join(tmpfs, 'vault') });
  const refused = rig.spawn();
  assert.equal(await refused.exited, 78);
  assert.match(refused.lines.join('\n'), /VAULT_MEDIUM.*tmpfs is memory/);
  // Too small for the vault that is asked for: it is full, and says so to producers.
  const small = rig.spawn({ vault: { allow_volatile: true } });
  await small.waitForLine((line) => line.includes('"transport":"grpc"'), 'that it listens');
  assert.match(small.lines.join('\n'), /VAULT_MEDIUM.*a restart of the host loses/);
  assert.equal(await small.stop(), 0);
});

test('E13 ramfs, which takes no direct I/O, is written through the page cache, and replayed', async (context) => {
  if (isLeftToCi(context)) return;
  const media = mountedMedia(context);
  const ramfs = mounted(context, () => media.memory('ramfs'));
  if (ramfs === undefined) return;
  const rig = await EngineRig.create(context, { vaultPath: join(ramfs, 'vault') });
  const vault = { ...smallVault, allow_volatile: true };
  await fill(rig, 20, { vault });
  const engine = await rig.start({ vault });
  const opened = engine.logs().find(({ msg }) => msg === 'vault is open');
  assert.equal(opened?.direct, false);
  assert.equal(opened?.file_system, 'ramfs');
  await rig.delivered();
  assert.equal(await engine.stop(), 0);
  rig.check();
});

test('E5 C12 a vault on a read-only mount is replayed, and new batches are exported', async (context) => {
  if (isLeftToCi(context)) return;
  const media = mountedMedia(context);
  const rig = await EngineRig.create(context);
  await fill(rig, 30);
  const view = mounted(context, () => media.readOnlyView(rig.vaultPath));
  if (view === undefined) return;
  const before = hashes(rig.vaultPath);
  const engine = await rig.start({ force: 'none', vault: { directory: view } });
  const opened = engine.logs().find(({ msg }) => msg === 'vault is open');
  assert.equal(opened?.read_only, true);
  await rig.delivered();
  // Whatever is acknowledged now has been delivered: nothing durable stands behind it.
  const producer = rig.load(engine, 2);
  await rig.oracle.untilAcked(rig.ackedCount + 10);
  await producer.kill();
  await rig.delivered();
  assert.equal(await engine.stop(), 0);
  rig.check();
  assert.deepEqual(hashes(rig.vaultPath), before, 'nothing was written');
});

test('V18 C12 a vault of a newer version is left as it is, byte by byte, and the engine runs without', async (context) => {
  const rig = await EngineRig.create(context);
  await fill(rig, 20);
  const metaPath = join(rig.vaultPath, 'META');
  const meta = readFileSync(metaPath);
  const newer = Buffer.from(meta);
  for (const slot of [0, metaSlotSizeBytes]) {
    newer[slot + 4] = 9;
    const hash = new U64();
    xxh64.hash64(newer, slot, metaSlotSizeBytes - 8, hash);
    hash.write(new DataView(newer.buffer, newer.byteOffset), slot + metaSlotSizeBytes - 8);
  }
  writeFileSync(metaPath, newer);
  const before = hashes(rig.vaultPath);
  const engine = await rig.start({ force: 'red' });
  const refusal = engine.logs().find(({ code }) => code === 'VAULT_REFUSED');
  assert.match(refusal?.msg ?? 'not a word', /there is no vault until a restart/);
  // No acknowledgement without the destination.
  rig.sink.mode = { kind: 'unavailable' };
  const acked = rig.ackedCount;
  const producer = rig.load(engine, 2);
  await rig.sink.until(() => rig.sink.arrivals.length > 0);
  await pause(300);
  assert.equal(rig.ackedCount, acked);
  rig.sink.mode = { kind: 'ok' };
  await rig.oracle.untilAcked(acked + 5);
  assert.equal(await engine.stop(), 0);
  await producer.exited;
  assert.deepEqual(hashes(rig.vaultPath), before);
  writeFileSync(metaPath, meta);
  const next = await rig.start();
  await rig.delivered();
  assert.equal(await next.stop(), 0);
  rig.check();
});

test('E1 E5 E6 E7 V19 a full disk is started, drained, freed, and used again', async (context) => {
  if (isLeftToCi(context)) return;
  const media = mountedMedia(context);
  const disk = mounted(context, () => media.image('ext4', 128 * MiB));
  if (disk === undefined) return;
  const rig = await EngineRig.create(context, { vaultPath: join(disk, 'vault') });
  await fill(rig, 120, { vault: smallVault });
  const hog = fillUp(join(disk, 'hog'));
  const { bavail, bsize } = statfsSync(disk);
  assert.ok(bavail * bsize < 16 * KiB, 'the disk is full');
  const engine = await rig.start({ vault: smallVault });
  await rig.delivered();
  await until(() => segmentCount(rig.vaultPath) <= 1, 'the segments are deleted', 10_000);
  rmSync(hog);
  assert.equal(await engine.stop(), 0);
  const floorBytes = usedBytes(rig.vaultPath);
  // Two spares for each log, the live segment, META, cursors.
  assert.ok(floorBytes <= (2 * 8 + 8 + 16 + 1) * MiB, `${floorBytes} bytes are left`);
  await fill(rig, 20, { vault: smallVault });
  const last = await rig.start({ vault: smallVault });
  await rig.delivered();
  assert.equal(await last.stop(), 0);
  rig.check();
});

/** Until not a byte is left. */
function fillUp(path: string): string {
  const descriptor = openSync(path, 'w');
  for (const sizeBytes of [MiB, 4 * KiB, 1]) {
    const bytes = Buffer.alloc(sizeBytes, 0xaa);
    try {
      for (;;) if (writeSync(descriptor, bytes) < sizeBytes) break;
    } catch {
      // no space is what we are after
    }
  }
  closeSync(descriptor);
  return path;
}

/** Of all files but the lock's, which nobody may open. */
function hashes(vaultPath: string): string[] {
  mkdirSync(vaultPath, { recursive: true });
  return [...vaultFiles(vaultPath).keys()]
    .filter((path) => !path.endsWith('LOCK.db'))
    .sort()
    .map((path) => `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`);
}
