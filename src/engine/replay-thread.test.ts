// Scenario: the real thread over a log in a directory; the test is shard, vault thread and main
// thread.
// Guarantees: entries come out, settles come back, commands are answered, and stop ends it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { LogBuilder } from '../../test/support/log-builder.ts';
import { endOf } from '../../test/support/log-read-rig.ts';
import { requestOf } from '../../test/support/replay-log.ts';
import { smallArena } from '../../test/support/small-arena.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { MiB } from '../limits.ts';
import { VaultLinks } from '../memory/vault-links.ts';
import { VaultPage, VaultWord } from '../memory/vault-page.ts';
import { ConsumerCursor } from '../vault/consumer-cursor.ts';
import { segmentFolder, segmentPath } from '../vault/file-names.ts';
import { DoneKind, SettleKind } from '../vault/hand-over.ts';
import { ReplayState, replayStateOf } from '../vault/replay-state.ts';
import { EngineThread } from './engine-thread.ts';
import { vaultThreadHeap } from './memory-budget.ts';
import type { FromReplay, ReplayStart, ToReplay } from './replay-messages.ts';

const record = new Uint32Array(8);

test('replay-thread hands out what is on the disk until it is stopped', async (context) => {
  const directory = temporaryDirectory('replay-thread');
  context.after(() => directory.remove());
  const builder = new LogBuilder();
  builder.begin();
  builder.addGroup(['a', 'b', 'c'].map(requestOf));
  mkdirSync(join(directory.path, segmentFolder));
  writeFileSync(join(directory.path, segmentPath(builder.segmentId)), builder.bytes(MiB));

  const { arena, links, page } = emptyVault();
  page.publishEnd(endOf(builder, true));
  const [shardWake, damage] = [new MessageChannel(), new MessageChannel()];
  const start: ReplayStart = {
    ...{ directory: directory.path, direct: false, vaultUuid: builder.vaultUuid, shardCount: 1 },
    replay: {
      ...{ rateBytesPerSecond: MiB, yellowRateBytesPerSecond: 0 },
      ...{ order: 'oldest', minSharePercent: 10 },
    },
    logs: { level: 'error', format: 'json' },
    ...{ memory: arena.memory, layout: arena.layout, messageSizeBytesMax: MiB },
    consumers: [
      {
        ...{ id: 'file/a', destinationIndex: 0, flushTimeoutMs: 0 },
        ...{ queueSizeBytesMax: MiB, queueBatchesMax: 100 },
        cursor: new ConsumerCursor().snapshot(),
      },
    ],
    shardPorts: [shardWake.port2],
    vaultPort: damage.port2,
  };
  const thread = new EngineThread<FromReplay, ToReplay>({
    name: 'replay',
    entry: new URL('./replay-thread.ts', import.meta.url),
    workerData: start,
    transfer: [shardWake.port2, damage.port2],
    heap: vaultThreadHeap,
    died() {}, // it ends when it has stopped
  });
  const tell = (message: ToReplay) => {
    thread.tell(message);
    links.replayBell.ring();
  };
  assert.deepEqual(await thread.next(), { kind: 'ready' });

  const sent: string[] = [];
  while (sent.length < 3) {
    await once(shardWake.port1, 'message');
    links.replayFlag(0).lower();
    while (links.fromReplay(0).pop(record)) {
      const [at = 0, length = 0, token = 0, consumer = 0, , , low = 0, high = 0] = record;
      sent.push(Buffer.from(arena.bytes.slice(at, at + length)).toString());
      links.toReplay(0).push(DoneKind.Delivered, token, consumer, low, high);
    }
    links.replayBell.ring();
  }
  const bodies = ['a', 'b', 'c'].map((text) => Buffer.from(requestOf(text)).toString());
  assert.deepEqual(sent, bodies);

  tell({ kind: 'command', id: 7, command: { kind: 'status' } });
  const answer = await thread.next();
  assert.ok(answer.kind === 'answer' && answer.answer.kind === 'status');
  assert.equal(answer.id, 7);
  tell({ kind: 'stop', timeoutMs: 10_000 });
  assert.deepEqual(await thread.next(), { kind: 'stopped', outstanding: 0 });
  assert.equal(settledBy(links), 3);
  assert.equal(page.get(VaultWord.ReplayedEntries), 3);
  assert.equal(replayStateOf(page.get(VaultWord.ReplayState)), ReplayState.Stopped);
  shardWake.port1.close();
  damage.port1.close();
  await thread.terminate();
});

function emptyVault() {
  const arena = smallArena({ vault: { consumerCount: 1 } });
  const regions = arena.layout.vault!; // asked for
  const links = new VaultLinks(arena.buffer, regions.links, 1);
  const page = new VaultPage(arena.buffer, regions.page.offsetBytes);
  page.set(VaultWord.LimitBytes, 100);
  return { arena, links, page };
}

/** The watermark after what the vault thread was told. */
function settledBy(links: VaultLinks): number {
  const cursor = new ConsumerCursor();
  while (links.replayToVault.pop(record)) {
    assert.equal(record[0], SettleKind.Delivered);
    cursor.settle(SettleKind.Delivered, record[1]!, record[3]!); // eight words
  }
  return cursor.watermark;
}
