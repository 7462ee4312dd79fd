// The replayer over what a replay thread has: the links and pages of the arena, the vault's files,
// and ports to whom it wakes.

import { assert } from '../assert.ts';
import { systemClock } from '../clock.ts';
import { Kernel } from '../kernel/kernel.ts';
import { scanResultSizeBytes } from '../kernel/kernel-abi.ts';
import { xxh64SizeBytes } from '../kernel/xxhash.ts';
import type { Log } from '../log.ts';
import { Arena } from '../memory/arena.ts';
import type { Doorbell } from '../memory/doorbell.ts';
import { DestinationCounter, type ShardCounters, StatePage } from '../memory/state-page.ts';
import { VaultLinks } from '../memory/vault-links.ts';
import { VaultPage, VaultWord } from '../memory/vault-page.ts';
import { HostWord, ZonePage } from '../memory/zone-page.ts';
import { buildReplayer, type ConsumerInput } from '../replayer/build-replayer.ts';
import type { QueueState } from '../replayer/delivery-lane.ts';
import { LetterControl } from '../replayer/letter-control.ts';
import { type PlanEnd, ReplayControl } from '../replayer/replay-control.ts';
import { ReplayEta } from '../replayer/replay-eta.ts';
import type { Replayer } from '../replayer/replayer.ts';
import { ByteView } from '../vault/byte-view.ts';
import { consumerTag } from '../vault/consumer-tag.ts';
import { DirectDirectory } from '../vault/direct-file.ts';
import { VaultLogId } from '../vault/hand-over.ts';
import { ioFaultName } from '../vault/io-fault.ts';
import { KernelHash } from '../vault/kernel-hash.ts';
import type { LostRead } from '../vault/log-read.ts';
import { LogReader } from '../vault/log-reader.ts';
import { LogSource, logReadSizeBytes } from '../vault/log-source.ts';
import { ReplayState, replayStateWord } from '../vault/replay-state.ts';
import { VaultLetterDoor } from './letter-door.ts';
import type { ReplayConsumer, ReplayEnd, ReplayStart, ReplayWake } from './replay-messages.ts';
import type { DamageReport } from './vault-messages.ts';

export interface OpenReplay {
  readonly replayer: Replayer;
  readonly control: ReplayControl;
  readonly letterDoor: VaultLetterDoor;
  readonly bell: Doorbell;
  /** Shows on the vault's page what the replay does; logs when that is bad news. */
  publish(): void;
}

const wakeUp: ReplayWake = { kind: 'replay' };

/** @param ended what an operator had set is over, without a word of an operator */
export function openReplay(
  start: ReplayStart,
  log: Log,
  ended: (what: ReplayEnd, usePercent: number) => void,
): OpenReplay {
  const { shardCount, consumers, replay, shardPorts, vaultPort } = start;
  const arena = Arena.attach(start.memory, start.layout);
  const regions = arena.layout.vault;
  assert(regions !== undefined, 'arena without regions for the vault');
  assert(regions.replay.length === consumers.length, 'not one region for each consumer');
  const links = new VaultLinks(arena.buffer, regions.links, shardCount);
  const page = new VaultPage(arena.buffer, regions.page.offsetBytes);
  const zones = new ZonePage(arena.buffer, arena.layout.zonePage, shardCount);
  const statePage = new StatePage(arena.buffer, arena.layout.statePage.offsetBytes, shardCount);
  const kernel = Kernel.create(arena.memory);
  const area = new ByteView(arena.bytes);
  // Behind what the log is read through.
  const hashOffsetBytes = regions.reader.offsetBytes + logReadSizeBytes;
  const scanOffsetBytes = hashOffsetBytes + xxh64SizeBytes;
  const readerEndBytes = regions.reader.offsetBytes + regions.reader.sizeBytes;
  assert(scanOffsetBytes + scanResultSizeBytes <= readerEndBytes, 'no room for a scan');
  const hash = new KernelHash(kernel.xxhash, arena.buffer, hashOffsetBytes);
  const sourceParts = {
    directory: new DirectDirectory(start.directory),
    direct: start.direct,
    vaultUuid: start.vaultUuid,
    ...{ kernel, area, hash, region: regions.reader },
  };
  const source = new LogSource(sourceParts);
  const shards = Array.from({ length: shardCount }, (_, index) => index);
  const inputs = consumers.map((consumer, index): ConsumerInput => {
    const room = regions.replay[index];
    assert(room !== undefined, 'one region for each consumer');
    const { id, cursor, queueSizeBytesMax, queueBatchesMax, flushTimeoutMs } = consumer;
    const queues = shards.map((shard) => queueState(statePage.shard(shard), consumer));
    return {
      tag: consumerTag(id),
      cursor,
      room,
      reader: new LogReader(source),
      queues,
      queueSizeBytesMax,
      queueBatchesMax,
      flushTimeoutMs,
    };
  });
  const replayer = buildReplayer({
    ...{ area, kernel, hash, scanOffsetBytes, messageSizeBytesMax: start.messageSizeBytesMax },
    limits: replay,
    order: replay.order,
    consumers: inputs,
    nowMs: systemClock.nowMs(),
    random: Math.random,
    notices: links.vaultToReplay,
    settles: links.replayToVault,
    letters: links.toVault(shardCount),
    letterAnswers: links.fromVault(shardCount),
    dones: shards.map((shard) => links.toReplay(shard)),
    deliveries: shards.map((shard) => links.fromReplay(shard)),
    readEnd: (end) => page.readEnd(end),
    zone: () => zones.zone.get(),
    isDiskBusy: () => zones.isSet(HostWord.IoBusy),
    usePercent: () => usePercent(page),
    wakeShard(shard) {
      if (links.replayFlag(shard).raise()) shardPorts[shard]?.postMessage(wakeUp);
    },
    wakeVault: () => links.vaultBell.ring(),
    reportDamage: (lost) => vaultPort.postMessage(damageReport(lost)),
    countReplayed(sizeBytes) {
      page.add(VaultWord.ReplayedEntries, 1);
      page.add(VaultWord.ReplayedBytes, sizeBytes);
    },
    countDuplicates: (count) => page.add(VaultWord.DuplicateEntries, count),
    cannotHold(consumer, entrySeq, sizeBytes) {
      const fields = { exporter: consumers[consumer]?.id, entrySeq, sizeBytes };
      log.error('MESSAGE_TOO_LARGE', 'an entry waits for a larger max_recv_msg_size_mib', fields);
    },
    cannotRead(consumer, { fault, segmentId }) {
      const fields = { exporter: consumers[consumer]?.id, fault: ioFaultName(fault), segmentId };
      log.warn('VAULT_FAILED', 'the replay cannot read the vault, and tries again', fields);
    },
    pauseEnded(percent) {
      log.info('the vault fills up: the replay resumes', { percent });
      ended('pause', percent);
    },
    forgetBelow: (entrySeq) => source.forgetBelow(entrySeq),
  });
  const openReader = () => new LogReader(source);
  const letterDoor = new VaultLetterDoor({
    ...{ port: vaultPort, source, sourceParts },
    wakeVault: () => links.vaultBell.ring(),
    countRedriven: (count) => page.add(VaultWord.RedrivenEntries, count),
  });
  const letters = new LetterControl({ replayer, area, hash, door: letterDoor });
  const control = new ReplayControl({
    ...{ replayer, area, hash, order: replay.order, openReader, letters },
    planEnded(cause, percent) {
      log.info(planEndText[cause], { percent });
      ended(cause, percent);
    },
  });
  const publish = publisher(replayer, page, consumers, log);
  return { replayer, control, letterDoor, bell: links.replayBell, publish };
}

const planEndText: Readonly<Record<PlanEnd, string>> = {
  full: 'the vault fills up: what an operator set for the replay is over, but for its order',
  configured: 'the configuration takes the place of the rate and order that an operator set',
};

function queueState(shard: ShardCounters, { destinationIndex }: ReplayConsumer): QueueState {
  const counters = shard.destination(destinationIndex);
  return {
    isDown: () => counters.get(DestinationCounter.OpenBreaker) !== 0,
    queuedBytes: () => counters.get(DestinationCounter.QueuedBytes),
    queuedBatches: () => counters.get(DestinationCounter.QueuedBatches),
    enqueuedBatches: () => counters.get(DestinationCounter.EnqueuedBatches),
  };
}

function usePercent(page: VaultPage): number {
  const limitBytes = page.get(VaultWord.LimitBytes);
  return limitBytes === 0 ? 0 : (100 * page.get(VaultWord.UsedBytes)) / limitBytes;
}

function damageReport(lost: LostRead): DamageReport {
  const { segmentId, offsetBytes, lengthBytes, blockCount, fromEntrySeq, toEntrySeq } = lost;
  const place = { segmentId, offsetBytes, lengthBytes, blockCount };
  return { kind: 'damage', log: VaultLogId.Main, ...place, fromEntrySeq, toEntrySeq };
}

function publisher(
  replayer: Replayer,
  page: VaultPage,
  consumers: readonly ReplayConsumer[],
  log: Log,
): () => void {
  let fullMask = 0;
  const publishEta = etaPublisher(replayer, page);
  return () => {
    publishEta(systemClock.nowMs());
    let mask = 0;
    for (const { parts } of replayer.parts.consumers) {
      if (!parts.graveyard.isFull) continue;
      mask |= 1 << parts.index;
      if ((fullMask >>> parts.index) & 1) continue;
      const exporter = consumers[parts.index]?.id;
      log.error('VAULT_FULL', 'the dead letter takes no more: redrive or purge it', { exporter });
    }
    fullMask = mask;
    page.set(VaultWord.ReplayState, replayStateWord(replayer.state, mask));
  };
}

const etaIntervalMs = 1_000;

function etaPublisher(replayer: Replayer, page: VaultPage): (nowMs: number) => void {
  const { consumers } = replayer.parts;
  const eta = new ReplayEta(consumers.length);
  let lookAtMs = 0;
  return (nowMs) => {
    if (nowMs < lookAtMs) return;
    lookAtMs = nowMs + etaIntervalMs;
    // Of what stands still, and of a part of the log, there is none.
    const isWhole = consumers.every(({ parts }) => parts.intake.times === undefined);
    if (replayer.state !== ReplayState.Running || !isWhole) {
      eta.forget();
      page.set(VaultWord.ReplayEtaMs, 0);
      return;
    }
    const { entryEnd } = replayer.end;
    const waiting = consumers.map(({ parts }) => parts.ledger.cursor.unsettledCount(entryEnd));
    const etaMs = eta.look(nowMs, waiting);
    page.set(VaultWord.ReplayEtaMs, Number.isFinite(etaMs) ? etaMs : 0);
  };
}
