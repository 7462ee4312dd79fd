// Scenario: the engine in a real memory cgroup without swap, with default settings; the downstream
// is dead or worse; producers send as usual, then twenty times as much; the downstream returns.
// Guarantees: no OOM kill, nobody refused, reset or sent away, zones Green to Red to Green, every
// acknowledged record delivered as it was sent, the ledger at zero, and memory below its limit all
// the time, whatever the number of producers and the size of what they send.

import { test } from 'node:test';
import { GiB, MiB } from '../../src/limits.ts';
import { hugeLoad, idleLoad, noiseLoad, usualLoad } from './loads.ts';
import { isLong, type Story, tell } from './swan-story.ts';

const usual = {
  down: 'refuse',
  normalMs: isLong ? 10_000 : 1_000,
  floodMs: isLong ? 60_000 : 2_500,
  afterMs: isLong ? 10_000 : 500,
  drainMs: isLong ? 600_000 : 60_000,
} as const;

/** It takes everything and never answers: what is sent to it stays in memory for a while. */
const blackHole = { down: 'blackhole', fillsMemory: true } as const;

const stories: Readonly<Record<string, Story>> = {
  '128 MiB': { ...usual, ...blackHole, boxMiB: 128, loads: [usualLoad(8, 64)] },
  '128 MiB and 64 connections': {
    ...usual,
    boxMiB: 128,
    down: 'unavailable',
    loads: [usualLoad(64, 8)],
  },
  // The smallest size that docs/OPERATIONS.md advises.
  '176 MiB and everybody looks on': {
    ...usual,
    boxMiB: 176,
    loads: [usualLoad(64, 8)],
    isWatched: true,
  },
  '256 MiB and 400 connections': {
    ...usual,
    boxMiB: 256,
    loads: [usualLoad(200, 4), usualLoad(200, 4)],
  },
  '384 MiB and 2,000 idle connections beside 64': {
    ...usual,
    boxMiB: 384,
    ...blackHole,
    loads: [usualLoad(64, 32), idleLoad(2_000)],
    // Not more than 256 by default.
    limitMiB: 300,
    config: { memory: { max_connections: 2_100 } },
  },
  '128 MiB and 64 connections that send 4 MiB at once': {
    ...usual,
    boxMiB: 128,
    ...blackHole,
    loads: [hugeLoad(64)],
    receiver: { max_recv_msg_size_mib: 4 },
    // The least that holds such messages.
    limitMiB: 127,
    config: { memory: { max_connections: 64 } },
    exporter: { compression: 'none' },
  },
  '128 MiB and a downstream that refuses connections': {
    ...usual,
    boxMiB: 128,
    loads: [usualLoad(8, 64)],
  },
  '128 MiB and a backlog that is far larger': {
    ...usual,
    boxMiB: 128,
    loads: [noiseLoad(8, 64)],
    floodMs: 1_000,
    backlogBytes: isLong ? 8 * GiB : 256 * MiB,
    config: { vault: { limit: '12GiB' } },
  },
};

/** Not for every change. */
const longStories: Readonly<Record<string, Story>> = {
  // The pages of Node's own file, about 50 MiB, are charged to the box as well.
  '176 MiB, first process of a host': {
    ...usual,
    boxMiB: 176,
    limitMiB: 107,
    loads: [usualLoad(8, 64)],
    isFirstOnHost: true,
  },
};

for (const [name, story] of Object.entries({ ...stories, ...(isLong && longStories) })) {
  test(`a flood with a dead downstream: ${name}`, async (context) => {
    await tell(context, story);
  });
}
