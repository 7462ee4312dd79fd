// Scenario: batches come, are given up, and requests end in every way, in random order. Guarantees:
// every batch is settled exactly once and with the truth about its records, the bounds hold at
// every step, records keep their order within a request, and no memory is read after it was given
// back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OutcomeKind } from '../../src/exporter/destination.ts';
import type { RequestEnding } from '../../src/exporter/export-transport.ts';
import { Verdict } from '../../src/exporter/retry-policy.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import { testSeed } from '../support/seed.ts';
import {
  delivered,
  failed,
  recordSizeBytes,
  refused,
  type ScriptedCall,
  ScriptedRig,
  scriptedConfig,
} from './scripted-rig.ts';

const endings = [
  'honest',
  'honest',
  'honest',
  'too large',
  'retry',
  'asked to wait',
  'unknown, stored',
  'unknown, not stored',
  'goaway',
  'hold',
  'permanent',
] as const;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ enqueue: fc.integer({ min: 1, max: 20 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      end: fc.constantFrom(...endings),
      which: fc.nat(),
      releaseLater: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ abandon: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ advanceMs: fc.integer({ min: 1, max: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ occupancyPercent: fc.constantFrom(0, 80) }) },
  { weight: 1, arbitrary: fc.record({ zone: fc.constantFrom(...Object.values(Zone)) }) },
);

class Model {
  readonly rig = new ScriptedRig();
  /** How often the downstream keeps a record, and how often it was refused for good. */
  readonly stored = new Map<number, number>();
  readonly refused = new Set<number>();
  readonly unknown = new Map<number, number>();
  readonly #unreleased: ScriptedCall[] = [];

  enqueue(recordCount: number): void {
    const bodyLengthBytes = recordCount * recordSizeBytes;
    if (this.rig.destination.refusal(bodyLengthBytes) === undefined) this.rig.enqueue(recordCount);
  }

  abandon(which: number): void {
    const open = this.rig.batches.filter((batch) => batch.outcome === undefined);
    const batch = open[which % Math.max(1, open.length)];
    if (batch === undefined) return;
    batch.abandoned = true;
    batch.delivery.abandon();
  }

  end(kind: (typeof endings)[number], which: number, releaseLater: boolean): void {
    const { open } = this.rig.transport;
    const call = open[which % Math.max(1, open.length)];
    if (call === undefined) return;
    call.end(this.#ending(kind, call));
    if (releaseLater) this.#unreleased.push(call);
    else call.release();
  }

  releaseAll(): void {
    for (const call of this.#unreleased.splice(0)) call.release();
  }

  check(): void {
    const { rig } = this;
    const { queue } = scriptedConfig;
    assert.ok(rig.count('QueuedBytes') <= queue.sizeBytesMax, 'bytes beyond the bound');
    assert.ok(rig.count('QueuedBatches') <= queue.batchesMax, 'batches beyond the bound');
    assert.ok(rig.transport.open.length <= queue.consumersMax, 'too many requests');
    const inFlight = rig.transport.open.flatMap((call) => call.records);
    assert.equal(new Set(inFlight).size, inFlight.length, 'a record is in two requests');
    for (const { records } of rig.transport.calls.slice(-3)) {
      assert.deepEqual(
        records,
        records.toSorted((a, b) => a - b),
        'order within the request',
      );
      assert.ok(records.length * recordSizeBytes <= queue.batch.sizeBytesMax, 'request too large');
      assert.ok(
        records.every((record) => record < 0xffff),
        'settled batch was rendered',
      );
    }
    for (const batch of rig.batches) {
      if (batch.outcome !== undefined) continue;
      const done = batch.records.every((id) => this.refused.has(id));
      assert.ok(!done, 'refused batch is not settled');
    }
  }

  checkOutcomes(): void {
    for (const { records, outcome, abandoned } of this.rig.batches) {
      assert.ok(outcome !== undefined, 'batch never settled');
      const stored = records.filter((id) => this.stored.has(id));
      const rejected = records.filter((id) => this.refused.has(id));
      if (outcome.kind === OutcomeKind.Delivered) {
        const gone = stored.length + rejected.length;
        assert.ok(gone >= records.length, 'reported as delivered, and some are not there');
        assert.equal(outcome.rejectedRecords, rejected.length);
      } else if (outcome.kind === OutcomeKind.Rejected) {
        assert.equal(rejected.length, records.length);
      } else {
        assert.ok(abandoned, 'settled as abandoned without being abandoned');
      }
    }
    for (const [id, times] of this.stored) {
      assert.ok(times <= 1 + (this.unknown.get(id) ?? 0), 'stored twice after a certain failure');
    }
    assert.ok(this.rig.count('UnknownOutcomes') >= (this.unknown.size > 0 ? 1 : 0));
    assert.equal(this.rig.count('QueuedBytes'), 0);
    assert.equal(this.rig.count('InflightRequests'), 0);
    assert.equal(this.rig.slabs.outCount, 0);
  }

  #ending(kind: (typeof endings)[number], call: ScriptedCall): RequestEnding {
    const { records } = call;
    switch (kind) {
      case 'honest':
        // Every 37th record is one that the downstream never takes.
        if (!records.some((id) => id % 37 === 0)) {
          this.#store(records);
          return delivered;
        }
        if (records.length === 1) this.refused.add(records[0]!); // its length is 1
        return refused(Verdict.Bisect);
      case 'too large':
        if (records.length === 1) this.refused.add(records[0]!); // its length is 1
        return refused(Verdict.Split);
      case 'permanent':
        for (const id of records) this.refused.add(id);
        return refused(Verdict.Permanent);
      case 'retry':
        return refused(Verdict.Retry);
      case 'asked to wait':
        return refused(Verdict.Retry, 7_000);
      case 'hold':
        return refused(Verdict.Hold);
      case 'goaway':
        return failed({ againNow: true });
      case 'unknown, stored':
      case 'unknown, not stored':
        for (const id of records) this.unknown.set(id, (this.unknown.get(id) ?? 0) + 1);
        if (kind === 'unknown, stored') this.#store(records);
        return failed({ failure: 'timeout', outcomeUnknown: true });
    }
  }

  #store(records: readonly number[]): void {
    for (const id of records) this.stored.set(id, (this.stored.get(id) ?? 0) + 1);
  }
}

test('every batch is settled once, with the truth, whatever happens to the requests', async (t) => {
  const seed = testSeed(t);
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 150, size: 'max' }),
    async (steps) => {
      const model = new Model();
      for (const next of steps) {
        if ('enqueue' in next) model.enqueue(next.enqueue);
        else if ('end' in next) model.end(next.end, next.which, next.releaseLater);
        else if ('abandon' in next) model.abandon(next.abandon);
        else if ('advanceMs' in next) {
          model.releaseAll();
          model.rig.clock.advance(next.advanceMs);
        } else if ('zone' in next) model.rig.zone = next.zone;
        else model.rig.slabs.occupancyPercent = next.occupancyPercent;
        await model.rig.settle();
        model.check();
      }
      // The downstream recovers: everything that is left gets through. One round more than is
      // needed, because the memory that the last one gives back may start a probe.
      for (let idleRounds = 0, round = 0; idleRounds < 2 && round < 400; round += 1) {
        model.releaseAll();
        while (model.rig.transport.open.length > 0) model.end('honest', 0, false);
        await model.rig.advance(2_000);
        model.check();
        const isIdle = model.rig.count('QueuedBatches') + model.rig.transport.open.length === 0;
        idleRounds = isIdle ? idleRounds + 1 : 0;
      }
      model.checkOutcomes();
      await model.rig.destination.close();
      assert.equal(model.rig.clock.pendingCount, 0, 'timers left');
    },
  );
  await fc.assert(property, { seed, numRuns: 400 });
});
