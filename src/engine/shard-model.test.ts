import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  delivered,
  rejected,
  type ScriptedDelivery,
  ScriptedDestination,
} from '../../test/support/scripted-destination.ts';
import { type ScriptedAppend, ScriptedVault } from '../../test/support/scripted-vault.ts';
import { testSeed } from '../../test/support/seed.ts';
import { createRig, FakeCall, slabOf } from '../../test/support/shard-rig.ts';
import { OutcomeKind } from '../exporter/destination.ts';
import { ShardCounter } from '../memory/state-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { VaultAnswer } from '../vault/hand-over.ts';
import { isRaw } from './body-form.ts';
import { VaultReadiness } from './vault-door.ts';

const forms = [
  { type: 'protobuf', encoding: undefined },
  { type: 'protobuf', encoding: 'gzip' },
  { type: 'json', encoding: undefined },
  { type: 'json', encoding: 'zstd' },
] as const;

const zones = Object.values(Zone);
const readinesses = Object.values(VaultReadiness).filter((value) => value !== 0);
const answers = Object.values(VaultAnswer);

const outcomes = [delivered, { ...delivered, rejectedRecords: 3 }, rejected];

const step = fc.oneof(
  { weight: 48, arbitrary: fc.record({ kind: fc.constant('call'), pick: fc.nat(), ms: fc.nat() }) },
  {
    weight: 48,
    arbitrary: fc.record({ kind: fc.constant('settle'), pick: fc.nat(), ms: fc.nat() }),
  },
  { weight: 16, arbitrary: fc.record({ kind: fc.constant('send'), pick: fc.nat() }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('gone'), pick: fc.nat() }) },
  { weight: 16, arbitrary: fc.record({ kind: fc.constant('refusing'), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('instant'), pick: fc.nat() }) },
  { weight: 16, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.nat(20_000) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('zone'), pick: fc.nat() }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('readiness'), pick: fc.nat() }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('occupancy'), pick: fc.nat(100) }) },
  { weight: 24, arbitrary: fc.record({ kind: fc.constant('acked'), pick: fc.nat() }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('answered'), pick: fc.nat(), ms: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'drain' }) },
);

interface Step {
  readonly kind: string;
  readonly pick?: number;
  readonly ms?: number;
}

/** Everything that may happen to a shard, and what must be true after each step. */
class Model {
  readonly destinations: readonly ScriptedDestination[];
  readonly vault: ScriptedVault | undefined;
  readonly rig: ReturnType<typeof createRig>;
  readonly calls: FakeCall[] = [];

  constructor(required: readonly boolean[], hasVault: boolean) {
    this.destinations = required.map(
      (flag, index) => new ScriptedDestination(`file/${index}`, flag),
    );
    this.vault = hasVault ? new ScriptedVault() : undefined;
    this.rig = createRig({
      destinations: [...this.destinations],
      ...(this.vault && { vault: this.vault }),
    });
  }

  run({ kind, pick = 0, ms = 0 }: Step): void {
    const { shard, clock, host } = this.rig;
    const { vault } = this;
    if (kind === 'call') this.#call(pick, ms);
    else if (kind === 'settle') one(this.#open, pick)?.settle(one(outcomes, ms) ?? delivered);
    else if (kind === 'send') this.#send(pick);
    else if (kind === 'gone') one(this.calls, pick)?.onGone?.();
    else if (kind === 'refusing') this.#refuse(pick >> 1, (pick & 1) === 0);
    else if (kind === 'instant') this.#toggleInstant(pick);
    else if (kind === 'wait') clock.advance(ms);
    else if (kind === 'zone') host.zone = one(zones, pick) ?? Zone.Green;
    else if (kind === 'occupancy') host.occupancyPercent = pick;
    else if (kind === 'acked') this.#answer(VaultAnswer.Acked, pick);
    else if (kind === 'answered') this.#answer(one(answers, ms) ?? VaultAnswer.Full, pick);
    else if (kind === 'drain') void shard.drain(clock.nowMs() + 5_000);
    else if (vault !== undefined) vault.readiness = one(readinesses, pick) ?? vault.readiness;
  }

  /** Until nothing is left that anybody owes. */
  end(): void {
    this.rig.shard.drainNow();
    while (this.#open.length > 0 || (this.vault?.open.length ?? 0) > 0) {
      this.#open[0]?.settle(delivered);
      this.#answer(VaultAnswer.Acked, 0);
    }
  }

  check(): void {
    const count = (counter: ShardCounter) => this.rig.counters.get(counter);
    const accounted =
      count(ShardCounter.AckedBatches) +
      count(ShardCounter.RefusedBatches) +
      count(ShardCounter.GoneBatches);
    const waiting = this.calls.length - accounted;
    assert.equal(count(ShardCounter.ReceivedBatches), this.calls.length);
    assert.ok(waiting >= 0 && waiting <= count(ShardCounter.InflightBatches));
    for (const call of this.calls) this.#checkCall(call);
    for (const append of this.vault?.appends ?? []) this.#checkAppend(append);
  }

  get #open(): ScriptedDelivery[] {
    return this.destinations.flatMap((destination) => destination.open);
  }

  #call(pick: number, ms: number): void {
    const { shard, clock } = this.rig;
    const wanted = one(forms, pick) ?? forms[0];
    const form = isRaw(wanted) && shard.takesRaw(1_000, '') ? wanted : forms[0];
    const call = new FakeCall(this.calls.length + 1, clock.nowMs() + (ms % 15_000), form);
    this.calls.push(call);
    shard.accept(call);
  }

  #send(pick: number): void {
    const delivery = one(this.#open, pick);
    if (delivery !== undefined) delivery.sending = true;
  }

  #toggleInstant(pick: number): void {
    const destination = one(this.destinations, pick);
    if (destination !== undefined) destination.isInstant = !destination.isInstant;
  }

  #refuse(pick: number, refuses: boolean): void {
    const destination = one(this.destinations, pick);
    if (destination === undefined) return;
    const refusal = { code: 'QUEUE_FULL', message: 'full', retryDelayMs: 500 } as const;
    destination.refusing = refuses ? refusal : undefined;
  }

  #answer(answer: VaultAnswer, pick: number): void {
    const append = one(this.vault?.open ?? [], pick);
    if (append !== undefined) this.vault?.answer(answer, append);
  }

  #deliveryOf(slab: number, consumer: number): ScriptedDelivery | undefined {
    const required = this.destinations.filter((destination) => destination.required);
    return required[consumer]?.deliveries.find(({ batch }) => slabOf(batch) === slab);
  }

  #checkCall(call: FakeCall): void {
    const { answers: given, slab } = call;
    assert.ok(given.length <= 1, 'one answer');
    const isSent = [0, 1, 2].some((consumer) => this.#deliveryOf(slab, consumer) !== undefined);
    assert.ok(!isSent || !isRaw(call), 'sent what is no OTLP');
    if (given[0]?.kind !== 'ok') return;
    const stored = this.vault?.appends.some(
      (append) => append.slab === slab && append.answer === VaultAnswer.Acked,
    );
    const consumers = this.destinations.filter(({ required }) => required).keys();
    const hasIt = [...consumers].every((consumer) => {
      const outcome = this.#deliveryOf(slab, consumer)?.outcome?.kind;
      return outcome === OutcomeKind.Delivered || outcome === OutcomeKind.Rejected;
    });
    assert.ok(stored || hasIt, 'OK before anybody had it');
  }

  #checkAppend({ slab, answer, heldMask, settledMask, ends }: ScriptedAppend): void {
    assert.ok(!this.rig.freed.includes(slab) || answer !== undefined);
    for (const consumer of this.destinations.keys()) {
      const outcome = this.#deliveryOf(slab, consumer)?.outcome?.kind;
      const wasSettled = (settledMask & (1 << consumer)) !== 0;
      const isDone = outcome === OutcomeKind.Delivered || outcome === OutcomeKind.Rejected;
      assert.ok(!wasSettled || isDone, 'settled at the append, but the destination has not got it');
      const end = ends.get(consumer);
      if (end !== undefined) {
        assert.equal(end !== 'released', outcome === OutcomeKind.Delivered, 'settled if delivered');
      }
      const isOver = answer === VaultAnswer.Acked && this.rig.freed.includes(slab);
      if (isOver) assert.equal(end !== undefined, (heldMask & (1 << consumer)) !== 0);
    }
  }
}

function one<T>(values: readonly T[], pick: number): T | undefined {
  return values[pick % Math.max(1, values.length)];
}

test('Shard answers each call once, OK only if somebody has it, and frees each slab once', (context) => {
  // Scenario: random calls, settlements, refusals, cancels, deadlines, zones, answers of the vault
  // and drains, in any order, with and without a vault.
  // Guarantees: one answer a call unless its producer went; OK means that every required
  // destination or the vault has it; received = acked + refused + gone + in flight; a slab is freed
  // once, and while nobody reads it (the rig asserts that); each consumer that an entry is held for
  // is settled or released once (the scripted vault asserts that), settled if it was delivered.
  const requiredness = fc.array(fc.boolean(), { minLength: 1, maxLength: 3 });
  const steps = fc.array(step, { maxLength: 80, size: 'max' });
  fc.assert(
    fc.property(requiredness, fc.boolean(), steps, (required, hasVault, history) => {
      const model = new Model(required, hasVault);
      for (const action of history) {
        model.run(action);
        model.check();
      }
      model.end();
      model.check();
      const { freed, shard, counters } = model.rig;
      assert.deepEqual(
        [...freed].sort((x, y) => x - y),
        model.calls.map((call) => call.slab),
      );
      assert.equal(shard.inFlightCount, 0);
      assert.equal(counters.get(ShardCounter.InflightBytes), 0);
    }),
    { seed: testSeed(context), numRuns: 3_000 },
  );
});
