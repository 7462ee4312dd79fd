// A shard's part of the reflex: it measures its own memory and event loop, tells the monitor, and
// turns Red by itself when its memory runs out, without waiting for anybody.
//
// It looks at random distances, counted in batches: what comes in step with the load would be
// missed, or met every time, by a sampler in step with the clock. A tick looks as well, so that
// what was high is not remembered by a shard that has nothing to do.

import type { Clock } from '../clock.ts';
import type { ZonesConfig } from '../config/config.ts';
import type { ShardSignals } from '../memory/zone-page.ts';
import { Zone, type ZoneWord } from '../memory/zone-word.ts';
import { LocalReflex } from '../monitor/local-reflex.ts';
import { LoopDelay } from '../monitor/loop-delay.ts';
import { SampleCountdown } from '../monitor/sample-countdown.ts';

/** At 10 ms the timer alone would cost 0.6 % of a core. */
export const loopTickMs = 50;

/** While no batch comes: nobody waits for a shard that has nothing to do. */
const idleTickMs = 250;

const loopWindowMs = 5_000;

export interface ShardSamplerParts {
  readonly clock: Clock;
  readonly zones: ZonesConfig;
  /** What the monitor decided. */
  readonly zone: ZoneWord;
  readonly signals: ShardSignals;
  readonly random: () => number;
  occupancyPercent(): number;
}

export class ShardSampler {
  readonly #parts: ShardSamplerParts;
  #zones: ZonesConfig;
  #countdown: SampleCountdown;
  readonly #loopDelay = new LoopDelay(loopTickMs, loopWindowMs);
  #reflex: LocalReflex;
  #localZone: Zone = Zone.Green;
  #isStarved = false;
  #isIdle = false;
  #tick: { cancel(): void } | undefined;

  constructor(parts: ShardSamplerParts) {
    this.#parts = parts;
    this.#zones = parts.zones;
    this.#countdown = new SampleCountdown(parts.zones.sampleOperations, parts.random);
    this.#reflex = reflexOf(parts.zones);
  }

  /** Takes over other thresholds. A shard that is Red by itself starts again from Green. */
  reload(zones: ZonesConfig): void {
    this.#zones = zones;
    this.#countdown = new SampleCountdown(zones.sampleOperations, this.#parts.random);
    this.#reflex = reflexOf(zones);
    this.#turn(Zone.Green);
  }

  /** The zone that this shard acts by: the higher of everybody's and its own. */
  get zone(): Zone {
    return Math.max(this.#localZone, this.#parts.zone.get()) as Zone; // one of the two
  }

  /** A batch has come. */
  operation(): void {
    this.#isIdle = false;
    if (this.#countdown.step()) this.#sample();
  }

  /** A message found no memory. Whatever comes whole from now on goes to the vault as it is. */
  starved(): void {
    if (this.#isStarved) return; // until the next look: messages may wait by the thousand
    this.#isStarved = true;
    if (this.#localZone !== Zone.Red) this.#sample();
  }

  /** Until stop() the event loop is watched. */
  start(): void {
    const { clock, signals } = this.#parts;
    const nextMs = this.#isIdle && this.#localZone === Zone.Green ? idleTickMs : loopTickMs;
    this.#isIdle = true; // until a batch comes
    signals.tick(nextMs);
    this.#tick = clock.after(nextMs, () => {
      this.#loopDelay.tick(clock.nowMs(), nextMs);
      this.#sample();
      this.start();
    });
  }

  stop(): void {
    this.#tick?.cancel();
  }

  #sample(): void {
    const { clock, signals } = this.#parts;
    const arenaPercent = this.#parts.occupancyPercent();
    signals.publish(arenaPercent, this.#loopDelay.p99Ms);
    const zone = this.#reflex.sample(clock.nowMs(), arenaPercent, this.#isStarved);
    this.#isStarved = false;
    if (zone !== this.#localZone && !this.#zones.observeOnly) this.#turn(zone);
  }

  #turn(zone: Zone): void {
    this.#localZone = zone;
    this.#parts.signals.setLocalZone(zone);
  }
}

function reflexOf({ signals, releasePercent, redDwellMs }: ZonesConfig): LocalReflex {
  const { red: redPercent } = signals.arenaPercent;
  return new LocalReflex({ redPercent, releasePercent, dwellMs: redDwellMs });
}
