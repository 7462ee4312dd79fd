// A vault and its replay without threads, on a simulated disk: batches come in, a destination takes
// them or refuses them for good, and letters are redriven and purged. One life of a process; the
// next one is another rig on the disk as the crash has left it.

import assert from 'node:assert/strict';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { VaultLetterDoor } from '../../src/engine/letter-door.ts';
import type { LetterReply, LetterTask } from '../../src/engine/vault-messages.ts';
import { xxh64SizeBytes } from '../../src/kernel/xxhash.ts';
import { KiB } from '../../src/limits.ts';
import { VaultWord } from '../../src/memory/vault-page.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import { buildReplayer } from '../../src/replayer/build-replayer.ts';
import {
  allLetters,
  type LetterChoice,
  type LetterCommand,
  type LetterOutcome,
} from '../../src/replayer/letter-command.ts';
import { LetterControl } from '../../src/replayer/letter-control.ts';
import type { ReplayAnswer } from '../../src/replayer/replay-command.ts';
import type { Replayer } from '../../src/replayer/replayer.ts';
import type { VaultDirectory } from '../../src/vault/block-file.ts';
import { consumerTag } from '../../src/vault/consumer-tag.ts';
import { DoneKind } from '../../src/vault/hand-over.ts';
import { KernelHash } from '../../src/vault/kernel-hash.ts';
import { LogReader } from '../../src/vault/log-reader.ts';
import { LogSource, logReadSizeBytes } from '../../src/vault/log-source.ts';
import type { FakeClock } from './fake-clock.ts';
import { requestOf } from './replay-log.ts';
import { RigMemory } from './rig-memory.ts';
import { SeededRandom } from './seeded-random.ts';
import { VaultRig } from './vault-rig.ts';

export interface LetterRigOptions {
  readonly directory: VaultDirectory;
  readonly clock: FakeClock;
  readonly consumers?: readonly string[];
  readonly memory?: RigMemory;
  readonly deadLetterLimitBytes?: number;
  readonly deadLetterPolicy?: 'hold' | 'drop_oldest';
  readonly fullPolicy?: 'reject' | 'drop_oldest';
  readonly segmentSizeBytes?: number;
  readonly limitBytes?: number;
  readonly roomSizeBytes?: number;
  /** Around whatever the replay thread does, which only reads. */
  readonly reading?: (act: () => void) => void;
}

/** A message is refused if it says so. */
export type Decide = (consumer: string, message: string) => 'take' | 'refuse' | 'partly';

export class LetterRig {
  readonly vault: VaultRig;
  readonly replayer: Replayer;
  readonly control: LetterControl;
  readonly clock: FakeClock;
  readonly consumers: readonly string[];
  /** What each consumer has, in the order in which it came, repeats included. */
  readonly delivered: { readonly consumer: string; readonly message: string }[] = [];
  decide: Decide = () => 'take';
  zone: Zone = Zone.Green;
  /** Destinations answer nothing. */
  isHanging = false;
  duplicates = 0;
  readonly answers: ReplayAnswer[] = [];
  readonly #door: VaultLetterDoor;
  readonly #reading: (act: () => void) => void;
  readonly #vaultPort: MessagePort;
  readonly #out: {
    token: number;
    consumer: number;
    entrySeq: [number, number];
    message: string;
  }[] = [];
  readonly #record = new Uint32Array(8);

  constructor(options: LetterRigOptions) {
    const { directory, clock, consumers = ['otlp/a'] } = options;
    const memory = options.memory ?? new RigMemory();
    const { segmentSizeBytes = 64 * KiB, deadLetterLimitBytes = 2 * segmentSizeBytes } = options;
    this.clock = clock;
    this.#reading = options.reading ?? ((act) => act());
    this.consumers = consumers;
    const { limitBytes = 20 * segmentSizeBytes + deadLetterLimitBytes + 512 * KiB } = options;
    const { deadLetterPolicy = 'hold', fullPolicy = 'reject' } = options;
    const config = {
      ...{ segmentSizeBytes, limitBytes, quarantineLimitBytes: 0 },
      ...{ deadLetterLimitBytes, deadLetterPolicy, fullPolicy },
    };
    this.vault = new VaultRig({ directory, consumers, clock, memory, config });
    const { links, page, area } = this.vault;
    const { kernel } = memory.buffers;
    const hashAt = memory.reader.offsetBytes + logReadSizeBytes;
    const hash = new KernelHash(kernel.xxhash, memory.buffer, hashAt);
    const sourceParts = {
      ...{ directory, direct: true, vaultUuid: this.vault.vault.vaultUuid },
      ...{ kernel, area, hash, region: memory.reader },
    };
    const source = new LogSource(sourceParts);
    const { roomSizeBytes = memory.place.sizeBytes / consumers.length } = options;
    const channel = new MessageChannel();
    this.#vaultPort = channel.port1;
    this.#door = new VaultLetterDoor({
      ...{ port: channel.port2, source, sourceParts },
      wakeVault() {},
      countRedriven: (count) => page.add(VaultWord.RedrivenEntries, count),
    });
    this.replayer = buildReplayer({
      ...{ area, kernel, hash, scanOffsetBytes: hashAt + xxh64SizeBytes },
      messageSizeBytesMax: roomSizeBytes - 72,
      limits: { rateBytesPerSecond: 1e12, yellowRateBytesPerSecond: 1e12, minSharePercent: 10 },
      ...{ order: 'oldest', nowMs: clock.nowMs(), random: () => 0.5 },
      ...{ notices: links.vaultToReplay, settles: links.replayToVault },
      ...{ letters: links.toVault(1), letterAnswers: links.fromVault(1) },
      ...{ dones: [links.toReplay(0)], deliveries: [links.fromReplay(0)] },
      readEnd: (end) => page.readEnd(end),
      zone: () => this.zone,
      ...{ isDiskBusy: () => false, usePercent: () => 10 },
      ...{ wakeShard() {}, wakeVault() {}, reportDamage() {}, countReplayed() {} },
      ...{ cannotHold() {}, cannotRead() {}, pauseEnded() {} },
      countDuplicates: (count) => {
        this.duplicates += count;
      },
      forgetBelow: (entrySeq) => source.forgetBelow(entrySeq),
      consumers: consumers.map((consumer, index) => ({
        tag: consumerTag(consumer),
        cursor: this.vault.vault.cursors.cursor(index).snapshot(),
        room: {
          offsetBytes: memory.place.offsetBytes + index * roomSizeBytes,
          sizeBytes: roomSizeBytes,
        },
        reader: new LogReader(source),
        queues: [
          {
            ...{ isDown: () => false, queuedBytes: () => 0, queuedBatches: () => 0 },
            enqueuedBatches: () => 0,
          },
        ],
        ...{ queueSizeBytesMax: 1e9, queueBatchesMax: 1e9, flushTimeoutMs: 0 },
      })),
    });
    this.control = new LetterControl({ replayer: this.replayer, area, hash, door: this.#door });
  }

  /** Hands a batch to the vault; true once it is acknowledged. */
  append(message: string): boolean {
    this.vault.append(requestOf(message));
    for (let turn = 0; turn < 20; turn += 1) {
      this.vault.turn();
      const [answer] = this.vault.answers();
      if (answer !== undefined) return answer.answer === 1;
      this.step();
    }
    return false;
  }

  start(command: LetterCommand): ReplayAnswer | undefined {
    return this.control.start(command, (answer) => this.answers.push(answer));
  }

  /** A command and everything that it takes. */
  run(
    kind: LetterCommand['kind'],
    choice: Partial<LetterChoice> = {},
    dryRun = false,
  ): LetterOutcome {
    const seen = this.answers.length;
    const refused = this.start({ kind, choice: { ...allLetters, ...choice }, dryRun });
    assert.equal(refused, undefined, JSON.stringify(refused));
    for (let turn = 0; turn < 5_000; turn += 1) {
      this.turn();
      const answer = this.answers.at(-1);
      if (answer === undefined || this.answers.length === seen) continue;
      assert.ok(answer.kind === 'letters', JSON.stringify(answer));
      if (!answer.isOver) continue;
      return answer.outcome;
    }
    throw new Error('the command does not come to an end');
  }

  /** All sides have a turn, and time passes. */
  turn(ms = 20): void {
    this.step();
    this.answerOut();
    this.vaultTurn();
    this.clock.advance(ms);
  }

  /** Of the replay thread. */
  step(): void {
    const nowMs = this.clock.nowMs();
    this.#door.takeAnswers();
    this.#reading(() => {
      this.replayer.step(nowMs);
      this.control.step(nowMs);
    });
    while (this.vault.links.fromReplay(0).pop(this.#record)) {
      const [at = 0, length = 0, token = 0, consumer = 0, , , low = 0, high = 0] = this.#record;
      const body = Buffer.from(this.vault.area.bytes.slice(at, at + length));
      this.#out.push({ token, consumer, entrySeq: [low, high], message: messageOf(body) });
    }
  }

  /** Of the destinations, as far as they answer at all. */
  answerOut(): void {
    if (this.isHanging) return;
    for (const { token, consumer, entrySeq, message } of this.#out.splice(0)) {
      const name = this.consumers[consumer]!; // one for each
      const decided = this.decide(name, message);
      if (decided !== 'refuse') this.delivered.push({ consumer: name, message });
      const kind = decided === 'refuse' ? DoneKind.Rejected : DoneKind.Delivered;
      const rejected = decided === 'partly' ? 1 : 0;
      this.vault.links.toReplay(0).push(kind, token, consumer, ...entrySeq, rejected, 400);
    }
  }

  vaultTurn(): void {
    this.vault.turn();
    for (;;) {
      const arrived: { message: LetterTask } | undefined = receiveMessageOnPort(this.#vaultPort);
      if (arrived === undefined) break;
      const { id, work } = arrived.message;
      const result = this.vault.vault.workLetters(work);
      const reply: LetterReply = { kind: 'letters', id, result };
      this.#vaultPort.postMessage(reply);
    }
    this.vault.turn();
  }

  /** Until nothing more happens: `ms` in turns. */
  pass(ms: number, stepMs = 50): void {
    for (let passed = 0; passed < ms; passed += stepMs) this.turn(stepMs);
  }

  /** Letters that are neither redriven nor purged. */
  get waiting(): number {
    return this.vault.page.get(VaultWord.WaitingLetters);
  }

  /** A destination is sent nothing, since its dead letter is full. */
  get isHeld(): boolean {
    return this.replayer.parts.consumers.some(({ parts }) => parts.graveyard.isFull);
  }

  messagesOf(consumer: string): string[] {
    return this.delivered.filter((one) => one.consumer === consumer).map(({ message }) => message);
  }

  /** Of a life that is over; the files stay as they are. */
  close(): void {
    this.#vaultPort.close();
  }
}

/** What requestOf() was given. */
function messageOf(body: Buffer): string {
  const text = body.toString('latin1');
  // Lengths before it may be any bytes.
  return text.slice(text.lastIndexOf('<'));
}

/** Batches that every destination refuses for good. */
export function buryLetters(rig: LetterRig, count: number, name = 'm'): void {
  const { decide } = rig;
  rig.decide = () => 'refuse';
  for (const message of letterNames(count, name)) assert.ok(rig.append(message));
  rig.pass(3_000);
  rig.decide = decide;
}

/** Hardly compressible; the number is in front. */
export function noisyMessage(number: number, sizeBytes = 6_000): string {
  const random = new SeededRandom(number + 1);
  const letters = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 1) letters[at] = 65 + random.below(26);
  return `<${number}-${letters.toString('latin1')}>`;
}

export function letterNames(count: number, name = 'm'): string[] {
  return Array.from({ length: count }, (_, index) => `<${name}${index}>`);
}
