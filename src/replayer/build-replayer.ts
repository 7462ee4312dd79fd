// Puts the replay of all consumers together. Rings, disk, clock and pages come in as what they can
// do, so that tests run the same parts without a thread.

import type { Kernel } from '../kernel/kernel.ts';
import type { Region } from '../memory/region.ts';
import type { ByteView } from '../vault/byte-view.ts';
import { ConsumerCursor, type CursorSnapshot } from '../vault/consumer-cursor.ts';
import { EntryCursor } from '../vault/entry-cursor.ts';
import type { Hash64 } from '../vault/hash64.ts';
import type { LogReader } from '../vault/log-reader.ts';
import { BlockFeed, type EntryReader } from './block-feed.ts';
import { ConsumerLedger } from './consumer-ledger.ts';
import { ConsumerReplay } from './consumer-replay.ts';
import { DeadLetters } from './dead-letters.ts';
import { DeliveryLane, type QueueState } from './delivery-lane.ts';
import { EntryDecoder } from './entry-decoder.ts';
import { EntryIntake } from './entry-intake.ts';
import { EntrySupply } from './entry-supply.ts';
import { EntryWindow } from './entry-window.ts';
import { Graveyard } from './graveyard.ts';
import { HeldEntries } from './held-entries.ts';
import { ReadyEntries } from './ready-entries.ts';
import type { ReplayOrderName } from './replay-command.ts';
import { ReplayOrder } from './replay-order.ts';
import { type OutletParts, ReplayOutlet } from './replay-outlet.ts';
import type { PaceLimits } from './replay-pace.ts';
import { ReplayRoom } from './replay-room.ts';
import { Replayer, type ReplayerParts } from './replayer.ts';
import { SettleOutbox } from './settle-outbox.ts';
import { ShardGate } from './shard-gate.ts';
import { ShardShares } from './shard-shares.ts';

/** A place in the log. */
export type ReplayReader = EntryReader & Pick<LogReader, 'blockStart' | 'place'>;

export interface ConsumerInput {
  /** Whom its dead letters are owed to: a consumerTag(). */
  readonly tag: number;
  readonly cursor: CursorSnapshot;
  readonly room: Region;
  /** Its own. */
  readonly reader: ReplayReader;
  /** At each shard. */
  readonly queues: readonly QueueState[];
  readonly queueSizeBytesMax: number;
  readonly queueBatchesMax: number;
  readonly flushTimeoutMs: number;
}

/** Smaller than they are, for tests. */
export interface ReplayBounds {
  readonly windowEntriesMax?: number;
  readonly heldEntriesMax?: number;
  readonly outboxRunsMax?: number;
  readonly cursorRangesMax?: number;
}

export interface ReplayerInput
  extends OutletParts,
    Pick<ReplayerParts, 'notices' | 'letterAnswers' | 'dones' | 'readEnd' | 'pauseEnded'>,
    Pick<ReplayerParts, 'zone' | 'isDiskBusy' | 'usePercent' | 'forgetBelow'> {
  /** The arena, and what works on it. */
  readonly area: ByteView;
  readonly kernel: Kernel;
  readonly hash: Hash64;
  /** scanResultSizeBytes of the arena, of this thread alone. */
  readonly scanOffsetBytes: number;
  /** Of a body, compressed or not. */
  readonly messageSizeBytesMax: number;
  readonly limits: PaceLimits;
  readonly order: ReplayOrderName;
  /** In the order of their bits in held masks. */
  readonly consumers: readonly ConsumerInput[];
  readonly nowMs: number;
  readonly random: () => number;
  readonly bounds?: ReplayBounds;
}

export function buildReplayer(input: ReplayerInput): Replayer {
  const { area, kernel, scanOffsetBytes, messageSizeBytesMax } = input;
  const outlet = new ReplayOutlet(input);
  const letters = new DeadLetters(area, outlet.letters);
  const decoder = new EntryDecoder(kernel, area.bytes, scanOffsetBytes, messageSizeBytesMax);
  const replayer = new Replayer(
    {
      ...input,
      letters,
      outlet,
      consumers: input.consumers.map((_, index) => buildConsumer(index)),
    },
    input.nowMs,
  );
  return replayer;

  function buildConsumer(index: number): ConsumerReplay {
    const { reader, queues, ...consumer } = input.consumers[index]!; // an index of it
    const bounds = input.bounds ?? {};
    const cursor = new ConsumerCursor(undefined, bounds.cursorRangesMax);
    cursor.restore(consumer.cursor);
    const room = new ReplayRoom(consumer.room);
    const shares = new ShardShares(room, queues.length);
    const window = new EntryWindow(room, shares, bounds.windowEntriesMax);
    const outbox = new SettleOutbox(index, bounds.outboxRunsMax);
    const held = new HeldEntries(bounds.heldEntriesMax);
    const ledger = new ConsumerLedger(cursor, window, outbox, held);
    const orderParts = {
      cursor,
      isBusy: (entrySeq: number) => ledger.isBusy(entrySeq),
      busyCount: () => window.size,
      blockStart: reader.blockStart.bind(reader),
      rangesMax: bounds.cursorRangesMax,
    };
    const order = new ReplayOrder(orderParts, input.order);
    const graveyard = new Graveyard({
      owedTo: consumer.tag,
      ledger,
      letters,
      room,
      comesBack: (entrySeq) => order.comesBack(entrySeq, replayer.end),
      countDuplicates: (count) => outlet.countDuplicates(count),
    });
    const feed = new BlockFeed(reader, room, new EntryCursor(area, input.hash));
    const { minSharePercent } = input.limits;
    const lanes = queues.map((queue) => new DeliveryLane(queue, { ...consumer, minSharePercent }));
    const ready = new ReadyEntries(queues.length);
    const gate = new ShardGate({ window, room, shares, ready, lanes });
    const shardCount = queues.length;
    const common = { ledger, order, feed, room, graveyard, output: outlet };
    const intake = new EntryIntake({
      ...{ ...common, consumer: index, decoder, gate, shares, shardCount },
    });
    const supply = new EntrySupply({
      ...{ ledger, order, intake, feed, room, gate, ready, shardCount },
    });
    return new ConsumerReplay({
      ...{ ...common, index, tag: consumer.tag, intake, supply, ready, lanes },
      random: input.random,
    });
  }
}
