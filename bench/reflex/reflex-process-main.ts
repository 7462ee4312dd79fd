// The process behind reflex-time.ts: an engine whose monitor gets readings that the bench makes up,
// so that it is known when the first one above a threshold was sampled.
//
// The monitor is a second one, on the zone page of the engine, whose own is stopped. The host is
// read as in operation, then the reading of one signal is set. A clock that can be moved on makes
// the dwell times short.
//
// Arguments: configuration file. It says its port, then answers questions (reflex-engine.ts).

import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { hostFacts } from '../../src/ctl/host-facts.ts';
import { arenaLayout } from '../../src/engine/memory-budget.ts';
import { startEngine } from '../../src/engine/start-engine.ts';
import { silentLog } from '../../src/log.ts';
import { Arena } from '../../src/memory/arena.ts';
import { doorbellSizeBytes } from '../../src/memory/doorbell.ts';
import { ShardCounter } from '../../src/memory/state-page.ts';
import { wakeFlagSizeBytes } from '../../src/memory/wake-flag.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import { HostSampler } from '../../src/monitor/host-sampler.ts';
import { Monitor } from '../../src/monitor/monitor.ts';
import { Signal } from '../../src/monitor/signals.ts';
import { type LocalReflexTimes, localReflexChannel } from './local-reflex-channel.ts';
import type { ReflexAnswer, ReflexQuestion } from './reflex-engine.ts';

const configPath = process.argv[2] ?? '';
const environment = { variables: {}, readFile: (path: string) => readFileSync(path, 'utf8') };
const { config } = loadConfig({ sources: [configPath], sets: [] }, environment, hostFacts());

// The supervisor shows its pages, not its arena, and this looks at a ring.
let arena: Arena | undefined;
const { create } = Arena;
Arena.create = (layout) => {
  arena = create.call(Arena, layout);
  return arena;
};

let local: LocalReflexTimes[] = [];
const channel = new BroadcastChannel(localReflexChannel);
// Nothing else is sent there.
channel.addEventListener('message', ({ data }) => local.push(data as LocalReflexTimes));

const host = { version: 'bench', variables: {}, architecture: process.arch, platform: 'linux' };
const supervisor = await startEngine({
  ...{ config, host, log: silentLog },
  threadDied(name, cause) {
    throw new Error(`${name} died`, { cause });
  },
});
flushCompileCache();
const appendCount = appendCounter();
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  const question = message as ReflexQuestion; // the bench sends nothing else
  if (question.kind === 'local') tell(takeLocal());
  else void measure(question.seconds).then(tell);
});
process.send?.({ port: supervisor.ports.grpc });

function takeLocal(): ReflexAnswer {
  const appends = local.map(({ appendedMs }) => 1_000 * appendedMs);
  const arrivals = local.map(({ arrivedMs }) => 1_000 * arrivedMs);
  local = [];
  return { words: [], appends, arrivals };
}

function tell(answer: ReflexAnswer): void {
  process.send?.(answer);
}

async function measure(seconds: number): Promise<ReflexAnswer> {
  supervisor.monitor.stop();
  const sampler = new HostSampler({
    memoryLimitBytes: config.memory.limitBytes,
    arenaSizeBytes: arenaLayout(config).sizeBytes,
  });
  let isOver = false;
  let aheadMs = 0;
  const monitor = new Monitor({
    clock: { ...systemClock, nowMs: () => performance.now() + aheadMs },
    ...{ log: silentLog, zones: config.zones, page: supervisor.zonePage },
    host: {
      sample(nowMs, out) {
        sampler.sample(nowMs, out);
        out.fill(Number.NaN);
        out[Signal.CgroupMemory] = isOver ? 100 : 0;
      },
      sources: () => sampler.sources(),
      allowBeside: (sizeBytes) => sampler.allowBeside(sizeBytes),
      get roomBytes() {
        return sampler.roomBytes;
      },
      close: () => sampler.close(),
    },
    workCount: () => 0,
    changed() {},
  });
  const toGreen = () => {
    isOver = false;
    // Down one step at a time, each after its dwell.
    for (let step = 0; step < 4; step += 1) {
      aheadMs += config.zones.redDwellMs + config.zones.yellowDwellMs + 1;
      monitor.sample();
    }
  };
  const words: number[] = [];
  const appends: number[] = [];
  const arrivals: number[] = [];
  const { zone } = supervisor.zonePage;
  toGreen();
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) {
    await randomPause();
    arrivals.push(untilNext(() => supervisor.statePage.sum(ShardCounter.ReceivedBatches)));
    await randomPause();
    const before = appendCount();
    isOver = true;
    const startMs = performance.now();
    monitor.sample();
    const setMs = performance.now();
    if (zone.get() !== Zone.Red) throw new Error('a reading above its threshold made no Red');
    untilMoved(appendCount, before);
    const appendedMs = performance.now();
    words.push(1_000 * (setMs - startMs));
    appends.push(1_000 * (appendedMs - startMs));
    toGreen();
  }
  monitor.stop();
  return { words, appends, arrivals };
}

/** Until what was on its way has gone to the destination; never in step with the load. */
function randomPause(): Promise<void> {
  return pause(5 + Math.random() * 10);
}

/** In microseconds. */
function untilNext(count: () => number): number {
  const startMs = performance.now();
  untilMoved(count, count());
  return 1_000 * (performance.now() - startMs);
}

/** Spins: whatever wakes a thread would be measured too. */
function untilMoved(count: () => number, before: number): void {
  const endMs = performance.now() + movedMsMax;
  while (count() === before && performance.now() < endMs) {}
}

/** Nothing in so long: the load has ended. */
const movedMsMax = 1_000;

/**
 * How many entries the first shard has pushed to the vault thread: the tail of the first ring of
 * memory/vault-links.ts, behind both doorbells and the shard's wake flags.
 */
function appendCounter(): () => number {
  const links = arena?.layout.vault?.links;
  if (arena === undefined || links === undefined) throw new Error('an engine without a vault');
  const offsetBytes = links.offsetBytes + 2 * doorbellSizeBytes + 2 * wakeFlagSizeBytes;
  const tail = new Uint32Array(arena.buffer, offsetBytes, 1);
  return () => Atomics.load(tail, 0);
}
