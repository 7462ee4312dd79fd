// One run of the demo: leads the processes through the story, shows how they do, and collects the
// evidence at the end.

import { setTimeout as pause } from 'node:timers/promises';
import type { DemoChild } from './demo-child.ts';
import type { DemoProcesses } from './demo-processes.ts';
import { memoryLimitMiB, vaultLimitGiB } from './engine-config.ts';
import { EngineMemory } from './engine-memory.ts';
import type { Frame } from './frame.ts';
import type { Screen } from './screen.ts';
import type { Story } from './story.ts';
import type { Evidence } from './verdict.ts';
import { worse, type ZoneName } from './zone-name.ts';

export class DemoRun {
  readonly #processes: DemoProcesses;
  readonly #story: Story;
  readonly #memory: EngineMemory;
  readonly #startMs = performance.now();
  readonly #startWallMs = Date.now();
  readonly #zoneBySecond: ZoneName[] = [];
  #title: string;
  #vaultBytes = 0;
  /** What the rates are taken from: counts about a second apart. */
  #before = { atMs: performance.now(), ackedBatches: 0, ackedBytes: 0 };
  #rates = { megabytesPerSecond: 0, requestsPerSecond: 0 };

  constructor(processes: DemoProcesses, story: Story) {
    this.#processes = processes;
    this.#story = story;
    this.#memory = new EngineMemory(processes.engine.pid);
    this.#title = story.phases[0]?.title ?? '';
  }

  /** Resolves when the last phase is over and everything has arrived, or time is up. */
  async play(screen: Screen): Promise<void> {
    const { sink, producers, engine } = this.#processes;
    const died = Promise.race([sink.died, producers.died, engine.died]);
    const shown = setInterval(() => screen.show(this.#frame()), screen.intervalMs);
    const measured = setInterval(() => this.#measure(), lookIntervalMs);
    try {
      let firstMissedBatch = 0;
      for (const phase of this.#story.phases) {
        this.#title = phase.title;
        const { nextBatch = 0 } = producers.latest('producers') ?? {};
        if (!phase.downstreamIsUp) {
          firstMissedBatch = nextBatch;
          sink.tell({ kind: 'go-away' });
        } else if (firstMissedBatch > 0) {
          sink.tell({ kind: 'come-back', firstBatch: firstMissedBatch, endBatch: nextBatch });
        }
        producers.tell({ kind: 'pace', batchesPerFlush: phase.batchesPerFlush });
        await Promise.race([died, pause(phase.durationMs)]);
      }
      this.#title = this.#story.lastTitle;
      producers.tell({ kind: 'pace', batchesPerFlush: 0 });
      await Promise.race([died, this.#untilQuiet()]);
      screen.show(this.#frame());
    } finally {
      clearInterval(shown);
      clearInterval(measured);
    }
  }

  /** Ends the engine by a drain and asks both sides what they have counted. */
  async collect(): Promise<Evidence> {
    const { sink, producers, engine } = this.#processes;
    const { changes } = engine;
    const { counts: acked } = await ask(producers);
    const { refusedCalls = 0, brokenConnections = 0 } = producers.latest('producers') ?? {};
    producers.tell({ kind: 'stop' });
    const ledgerDifference = await engine.stop();
    const { counts: received, damagedBatches } = await ask(sink);
    return {
      ...{ acked, received, damagedBatches, refusedCalls, brokenConnections },
      ...{ memoryPeakBytes: this.#memory.peakBytes, memoryLimitBytes: memoryLimitMiB * 2 ** 20 },
      ...{ ledgerDifference, changes, startWallMs: this.#startWallMs },
    };
  }

  /** Nothing on its way, nothing in the vault, and Green. */
  async #untilQuiet(): Promise<void> {
    const { sink, producers, engine } = this.#processes;
    while (this.#elapsedMs() < this.#story.durationMsMax) {
      await Promise.all([sink.next('sink'), producers.next('producers')]);
      const { ackedBatches = 0, waitingBatches = 0 } = producers.latest('producers') ?? {};
      const { deliveredBatches = 0 } = sink.latest('sink') ?? {};
      const isDelivered = waitingBatches === 0 && deliveredBatches >= ackedBatches;
      if (isDelivered && engine.zone === 'Green') return;
    }
  }

  #elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  #measure(): void {
    const { producers, engine } = this.#processes;
    const second = Math.floor(this.#elapsedMs() / 1000);
    // Each second shows the worst that it has seen.
    this.#zoneBySecond[second] = worse(this.#zoneBySecond[second] ?? engine.zone, engine.zone);
    this.#vaultBytes = engine.vaultBytes();
    const atMs = performance.now();
    const elapsedMs = atMs - this.#before.atMs;
    if (elapsedMs < rateIntervalMs) return;
    const { ackedBatches = 0, ackedBytes = 0 } = producers.latest('producers') ?? {};
    this.#rates = {
      megabytesPerSecond: (ackedBytes - this.#before.ackedBytes) / 1000 / elapsedMs,
      requestsPerSecond: ((ackedBatches - this.#before.ackedBatches) * 1000) / elapsedMs,
    };
    this.#before = { atMs, ackedBatches, ackedBytes };
  }

  #frame(): Frame {
    const { sink, producers, engine } = this.#processes;
    const { ackedBatches = 0, refusedCalls = 0 } = producers.latest('producers') ?? {};
    const { deliveredBatches = 0, replayedBatches = 0 } = sink.latest('sink') ?? {};
    return {
      elapsedMs: this.#elapsedMs(),
      phase: this.#title,
      zone: engine.zone,
      ...this.#rates,
      ackP99Ms: producers.latest('producers')?.ackP99Ms ?? Number.NaN,
      vaultBytes: this.#vaultBytes,
      vaultLimitBytes: vaultLimitGiB * 2 ** 30,
      ...{ ackedBatches, deliveredBatches, replayedBatches, refusedCalls },
      waitingBatches: Math.max(0, ackedBatches - deliveredBatches),
      lostBatches: engine.hasErrors ? undefined : 0,
      memoryBytes: this.#memory.bytes,
      memoryPeakBytes: this.#memory.peakBytes,
      memoryLimitBytes: memoryLimitMiB * 2 ** 20,
      zoneBySecond: this.#zoneBySecond,
    };
  }
}

function ask(child: DemoChild) {
  const answer = child.next('counts');
  child.tell({ kind: 'count' });
  return answer;
}

/** Of looking at the zone and at the vault's files. */
const lookIntervalMs = 100;
const rateIntervalMs = 1_000;
