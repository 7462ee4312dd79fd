// A Shard over scripted destinations and a scripted vault, and calls that remember how they were
// answered.

import { assert } from '../../src/assert.ts';
import { Shard, type ShardParts } from '../../src/engine/shard.ts';
import { noVault } from '../../src/engine/vault-door.ts';
import type { Answer, IngestCall } from '../../src/ingester/ingest-call.ts';
import { silentLog } from '../../src/log.ts';
import { StatePage, statePageSizeBytes } from '../../src/memory/state-page.ts';
import { Transport } from '../../src/memory/transport-counters.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import { FakeClock } from './fake-clock.ts';
import { ScriptedDestination } from './scripted-destination.ts';
import { ScriptedVault } from './scripted-vault.ts';

export interface ShardRigOptions {
  readonly destinations: ScriptedDestination[];
  readonly vault?: ScriptedVault;
  readonly malformed?: string;
  /** 10 unless given. */
  readonly recordCount?: number;
  /** 2 s unless given. */
  readonly ackDeadlineMs?: number;
  /** Closed unless given. */
  readonly tap?: ShardParts['tap'];
}

/** Every message has `recordCount` records, and each slab is freed once, when nobody reads it. */
export function createRig(options: ShardRigOptions) {
  const { destinations, vault, malformed, recordCount = 10, ackDeadlineMs = 2_000 } = options;
  const clock = new FakeClock();
  const page = new StatePage(new ArrayBuffer(statePageSizeBytes(1)), 0, 1);
  const counters = page.shard(0);
  const freed: number[] = [];
  const host = { zone: Zone.Green as Zone, occupancyPercent: 0, scans: 0 };
  const reads = (slab: number) =>
    destinations.some(({ open }) => open.some(({ batch }) => slabOf(batch) === slab)) ||
    vault?.open.some((append) => append.slab === slab) === true;
  const shard = new Shard({
    clock,
    log: silentLog,
    counters,
    destinations,
    vault: vault ?? noVault,
    tap: options.tap ?? { isOpen: false, offer() {} },
    ackDeadlineMs: vault === undefined ? Infinity : ackDeadlineMs,
    zone: () => host.zone,
    scan: () => {
      host.scans += 1;
      return { malformed, resourceCount: 1, recordCount };
    },
    countRecords: () => recordCount,
    freeSlab: (slab) => {
      assert(!freed.includes(slab), 'slab freed twice');
      assert(!reads(slab), 'slab freed while somebody reads it');
      freed.push(slab);
    },
    occupancyPercent: () => host.occupancyPercent,
  });
  return { clock, page, counters, freed, host, shard };
}

/** A rig with a vault, and two required destinations unless others are given. */
export function createVaultRig(options: Partial<ShardRigOptions> = {}) {
  const vault = new ScriptedVault();
  const [a, b] = [new ScriptedDestination('otlp_grpc/a'), new ScriptedDestination('file/b')];
  return { ...createRig({ destinations: [a, b], vault, ...options }), vault, a, b };
}

export function slabOf(batch: object): number {
  return 'slab' in batch ? Number(batch.slab) : -1;
}

type Form = Pick<IngestCall, 'type' | 'encoding' | 'transport' | 'wholeMs' | 'producer'>;

export class FakeCall implements IngestCall {
  readonly slab: number;
  readonly bodyOffsetBytes = 64;
  readonly bodyLengthBytes = 1_000;
  readonly type: IngestCall['type'];
  readonly encoding: IngestCall['encoding'];
  readonly deadlineMs: number;
  readonly producer: string;
  readonly transport: IngestCall['transport'];
  readonly wholeMs: number | undefined;
  readonly answers: Answer[] = [];
  onGone: (() => void) | undefined;

  constructor(slab: number, deadlineMs = Number.POSITIVE_INFINITY, form: Partial<Form> = {}) {
    this.slab = slab;
    this.deadlineMs = deadlineMs;
    this.type = form.type ?? 'protobuf';
    this.encoding = form.encoding;
    this.transport = form.transport ?? Transport.Grpc;
    this.wholeMs = form.wholeMs;
    this.producer = form.producer ?? 'CN=test';
  }

  answer(answer: Answer): void {
    this.answers.push(answer);
  }

  /** OK, or the codes of the answers. */
  get codes(): string {
    return this.answers.map((answer) => (answer.kind === 'ok' ? 'OK' : answer.code)).join();
  }
}
