import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { GopherShipError } from '../errors.ts';
import { KiB, MiB } from '../limits.ts';
import {
  type ArenaPlanInput,
  arenaBudgetBytes,
  codecsSizeBytes,
  connectionsSizeBytes,
  inflationsPerShard,
} from './arena-needs.ts';
import { type ArenaLayout, planArena } from './arena-plan.ts';
import { arenaPageSizeBytes, type Region } from './region.ts';
import { statePageSizeBytes } from './state-page.ts';
import { vaultLinksSizeBytes } from './vault-links.ts';
import { vaultPageSizeBytes } from './vault-page.ts';

const smallHost: ArenaPlanInput = {
  limitBytes: 128 * MiB,
  shardCount: 1,
  connectionsMax: 64,
  messageSizeBytesMax: 4 * MiB,
  destinations: [{ id: 'otlp_grpc', exportBufferSizeBytes: 8 * MiB }],
};

test('planArena() fits 64 connections, 4 MiB messages and one destination into 128 MiB', () => {
  const layout = planArena(smallHost);
  checkLayout(smallHost, layout);
  assert.equal(layout.sizeBytes, 940 * arenaPageSizeBytes); // 128 - 56 - 8.5 - 4.75 MiB
  assert.equal(layout.shards[0]?.exportBuffers[0]?.sizeBytes, 8 * MiB);
  assert.equal(layout.shards[0]?.landing.sizeBytes, 58 * arenaPageSizeBytes); // 940 / 16
  assert.ok((layout.shards[0]?.smallSlabs.sizeBytes ?? 0) >= 17 * MiB);
  assert.ok(layout.largeSlabs.sizeBytes >= 17 * MiB);
});

test('planArena() fits a vault, 64 connections and 2 MiB messages into 131 MiB', () => {
  const destinations = [{ id: 'otlp_grpc', exportBufferSizeBytes: 4 * MiB }];
  const fewer = { limitBytes: 131 * MiB, messageSizeBytesMax: 2 * MiB, destinations };
  const input = { ...smallHost, ...fewer, vault: { consumerCount: 1 } };
  const layout = planArena(input);
  checkLayout(input, layout);
  assert.equal(layout.sizeBytes, 448 * arenaPageSizeBytes); // 131 - 56 - 29 - 8.5 - 9.5 MiB
  const { page, links, writer, replay, reader } = layout.vault ?? assert.fail('no vault');
  const pages = [page, links, writer, ...replay, reader].map((region) => region.sizeBytes / 65_536);
  assert.deepEqual(pages, [1, 8, 5.5 * 16, 2 * 16 + 1, 2.625 * 16]);
  assert.ok((layout.shards[0]?.smallSlabs.sizeBytes ?? 0) >= 4 * MiB);
  assert.ok(layout.largeSlabs.sizeBytes >= 6 * MiB);
  assert.equal(planArena(smallHost).vault, undefined);
});

test('planArena() gives each consumer a place for the largest entry, 2 MiB at least', () => {
  const check = (messageSizeBytesMax: number, consumerCount: number, expectedPages: number) => {
    const limits = { limitBytes: 1_024 * MiB, messageSizeBytesMax, vault: { consumerCount } };
    const destinations = Array(3).fill(smallHost.destinations[0]);
    const { vault } = planArena({ ...smallHost, ...limits, destinations });
    const pages = vault?.replay.map(({ sizeBytes }) => sizeBytes / arenaPageSizeBytes);
    assert.deepEqual(pages, Array(consumerCount).fill(expectedPages));
  };
  check(MiB, 0, 0);
  check(MiB, 1, 32);
  check(2 * MiB - 72, 2, 32);
  check(2 * MiB - 71, 2, 33);
  check(16 * MiB, 3, 257);
});

test('planArena() gives landings a 16th of the arena, 512 KiB to 4 MiB a shard, if there is room', () => {
  const check = (input: Partial<ArenaPlanInput>, expectedKiB: number) => {
    const { shards } = planArena({ ...smallHost, ...input });
    for (const { landing } of shards) assert.equal(landing.sizeBytes, expectedKiB * KiB);
  };
  check({ limitBytes: 96 * MiB, messageSizeBytesMax: 3 * MiB }, 27 * 64);
  check({ limitBytes: 95 * MiB }, 23 * 64); // what the minimums of the others leave
  check({ limitBytes: 256 * MiB }, 4 * 1_024);
  check({ limitBytes: 260 * MiB, shardCount: 4 }, 2_048);
  check({ limitBytes: 1_024 * MiB, shardCount: 2 }, 4 * 1_024);
  const small = { messageSizeBytesMax: MiB, destinations: [] };
  check({ ...small, limitBytes: 144 * MiB, shardCount: 3 }, 896);
});

test('planArena() either fills the arena without gap and overlap or names what to change', (context) => {
  const seed = testSeed(context);
  const inputs = fc.record({
    limitBytes: fc.integer({ min: 32, max: 6_000 }).map((sizeMiB) => sizeMiB * MiB),
    shardCount: fc.integer({ min: 1, max: 8 }),
    connectionsMax: fc.integer({ min: 1, max: 4_096 }),
    messageSizeBytesMax: fc.integer({ min: 1, max: 64 * MiB }),
    destinations: fc.array(
      fc.record({
        id: fc.constantFrom('otlp_grpc', 'file/b'),
        exportBufferSizeBytes: fc.integer({ min: 64 * KiB, max: 32 * MiB }),
      }),
      { maxLength: 3 },
    ),
    consumerCount: fc.option(fc.nat(3), { nil: undefined }),
  });
  fc.assert(
    fc.property(inputs, ({ consumerCount: count, ...rest }) => {
      const consumerCount = count && Math.min(count, rest.destinations.length);
      const input = {
        ...rest,
        vault: consumerCount === undefined ? undefined : { consumerCount },
      };
      const outcome = planOrError(input);
      if (outcome instanceof GopherShipError) checkRefusal(input, outcome);
      else checkLayout(input, outcome);
    }),
    { seed, numRuns: 1_000 },
  );
});

test('planArena() names each key that would make room alone, with a value that does', () => {
  const error = planOrError({
    ...smallHost,
    limitBytes: 143 * MiB,
    connectionsMax: 200,
    messageSizeBytesMax: 14 * MiB,
    destinations: [
      { id: 'file', exportBufferSizeBytes: MiB },
      { id: 'otlp_http/eu', exportBufferSizeBytes: 12 * MiB },
    ],
  });
  assert.ok(error instanceof GopherShipError);
  assert.match(error.message, /raise memory\.limit_mib to 149,/);
  assert.match(error.message, /lower memory\.max_connections to 148,/);
  assert.match(error.message, /receivers\.otlp\.protocols\.grpc\.max_recv_msg_size_mib to 12,/);
  assert.match(error.message, /exporters\.otlp_http\/eu\.sending_queue\.batch\.max_size by 6 MiB/);
  assert.match(error.message, /three largest messages 42\.2/);
});

test('planArena() names the keys when only several together make room', () => {
  const error = planOrError({ ...smallHost, limitBytes: 64 * MiB });
  assert.ok(error instanceof GopherShipError);
  assert.match(error.message, /raise memory\.limit_mib to 95,/);
  assert.match(
    error.message,
    /several of memory\.max_connections, receivers.*exporters\.otlp_grpc/,
  );
});

test('planArena() names the vault among what needs memory, when there is one', () => {
  const without = planOrError({ ...smallHost, limitBytes: 64 * MiB });
  assert.ok(without instanceof GopherShipError);
  assert.doesNotMatch(without.message, /vault/);
  const error = planOrError({ ...smallHost, limitBytes: 135 * MiB, vault: { consumerCount: 1 } });
  assert.ok(error instanceof GopherShipError);
  assert.match(error.message, /three largest messages 12\.2, vault 12\.8, tables/);
  assert.match(error.message, /raise memory\.limit_mib to 149,/);
  assert.match(error.message, /max_recv_msg_size_mib to 2$/);
});

// From sources, as tests run; built it is 49, 12 and 20 MiB.
test('arenaBudgetBytes() is the limit less 56 MiB, 15 a further shard, connections and codecs', () => {
  const check = (limitMiB: number, shardCount: number, connectionsMax: number, pages: number) => {
    const messageSizeBytesMax = 8 * MiB;
    const limits = { limitBytes: limitMiB * MiB, shardCount, connectionsMax, messageSizeBytesMax };
    assert.equal(arenaBudgetBytes(limits), pages * arenaPageSizeBytes);
  };
  check(128, 1, 128, (128 - 56 - 16 - 8.75) * 16);
  check(128, 1, 1, (128 - 56 - 8.75) * 16 - 3); // 184 KiB, and the rest of a page
  check(128, 3, 128, (128 - 86 - 18 - 3 * 8.75) * 16);
  check(768, 2, 128, (768 - 71 - 17 - 4 * 8.75) * 16);
  check(56, 1, 128, (-16 - 8.75) * 16);
  check(1024 * 1024, 4, 128, 65_535); // as many as have 32-bit offsets
});

test('connectionsSizeBytes() is 84 KiB each, 64 more for 16 a shard, and 36 more for 512 a shard', () => {
  const check = (connectionsMax: number, shardCount: number, expectedKiB: number) =>
    assert.equal(connectionsSizeBytes({ connectionsMax, shardCount }), expectedKiB * KiB);
  check(1, 1, 184);
  check(16, 1, 16 * 184);
  check(17, 1, 16 * 184 + 120);
  check(512, 1, 16 * 184 + 496 * 120);
  check(2_064, 1, 16 * 184 + 496 * 120 + 1_552 * 84);
  check(64, 2, 32 * 184 + 32 * 120);
  check(64, 4, 64 * 184);
  check(2_000, 3, 48 * 184 + 1_488 * 120 + 464 * 84);
});

test('arenaBudgetBytes() is less with a vault by 29 MiB for its threads, a codec and two messages', () => {
  const vault = { consumerCount: 2 };
  const bytes = arenaBudgetBytes(smallHost) - arenaBudgetBytes({ ...smallHost, vault });
  assert.equal(bytes, (29 + 4.75 + 2 * 4) * MiB);
});

test('codecsSizeBytes() counts a window for a message of each inflation, 8 MiB at most', () => {
  const check = (messageMiB: number, expectedMiB: number, more: Partial<ArenaPlanInput> = {}) => {
    const input = { ...smallHost, messageSizeBytesMax: messageMiB * MiB, ...more };
    assert.equal(codecsSizeBytes(input), expectedMiB * MiB);
  };
  check(1, 1.75);
  check(16, 8.75);
  check(16, 8 * 8.75, { limitBytes: 4_096 * MiB, shardCount: 2 });
  check(1, 2 * 1.75 + 2, { vault: { consumerCount: 1 } });
});

test('inflationsPerShard() is one for 192 MiB of a shard, 1 to 4', () => {
  const check = (limitMiB: number, shardCount: number, expected: number) =>
    assert.equal(inflationsPerShard({ limitBytes: limitMiB * MiB, shardCount }), expected);
  check(64, 1, 1);
  check(256, 1, 1);
  check(384, 1, 2);
  check(384, 2, 1);
  check(4_096, 1, 4);
  check(4_096, 8, 2);
});

function planOrError(input: ArenaPlanInput): ArenaLayout | GopherShipError {
  try {
    return planArena(input);
  } catch (error) {
    if (error instanceof GopherShipError) return error;
    throw error;
  }
}

function checkLayout(input: ArenaPlanInput, layout: ArenaLayout): void {
  assert.equal(layout.sizeBytes, arenaBudgetBytes(input));
  assert.equal(layout.shards.length, input.shardCount);
  let endBytes = 0;
  for (const region of regionsOf(layout)) {
    assert.equal(region.offsetBytes, endBytes, 'gap or overlap');
    assert.equal(region.sizeBytes % arenaPageSizeBytes, 0, 'not page aligned');
    assert.ok(region.sizeBytes > 0);
    endBytes += region.sizeBytes;
  }
  assert.equal(endBytes, layout.sizeBytes);
  assert.ok(layout.statePage.sizeBytes >= statePageSizeBytes(input.shardCount));
  assert.ok(layout.largeSlabs.sizeBytes >= 3 * (input.messageSizeBytesMax + 64));
  assert.equal(layout.vault?.replay.length, input.vault?.consumerCount);
  for (const vault of layout.vault ? [layout.vault] : []) {
    assert.ok(vault.page.sizeBytes >= vaultPageSizeBytes);
    assert.ok(vault.links.sizeBytes >= vaultLinksSizeBytes(input.shardCount));
    for (const place of vault.replay) assert.ok(place.sizeBytes >= input.messageSizeBytesMax + 72);
  }
  for (const shard of layout.shards) {
    assert.equal(shard.scratch.sizeBytes, MiB);
    assert.ok(shard.landing.sizeBytes >= 512 * KiB && shard.landing.sizeBytes <= 4 * MiB);
    assert.ok(shard.smallSlabs.sizeBytes >= 11 * 257 * KiB);
    const sizes = shard.exportBuffers.map((region) => region.sizeBytes);
    // same length
    assert.ok(sizes.every((size, i) => size >= input.destinations[i]!.exportBufferSizeBytes));
    assert.equal(sizes.length, input.destinations.length);
  }
}

// The advice must be true: with the limit that the message names, and no MiB less, the plan
// succeeds; so it does with as many connections, and not with one more.
function checkRefusal(input: ArenaPlanInput, error: GopherShipError): void {
  assert.equal(error.code, 'MEMORY_LIMIT');
  const limitMiB = Number(/raise memory\.limit_mib to (\d+)/.exec(error.message)?.[1]);
  const raised = { ...input, limitBytes: limitMiB * MiB };
  checkLayout(raised, planArena(raised));
  assert.throws(() => planArena({ ...input, limitBytes: (limitMiB - 1) * MiB }));
  for (const lowered of loweredInputs(input, error.message))
    checkLayout(lowered, planArena(lowered));
  const connectionsMax = Number(/max_connections to (\d+)/.exec(error.message)?.[1] ?? 0) + 1;
  assert.throws(() => planArena({ ...input, connectionsMax }));
}

function loweredInputs(input: ArenaPlanInput, message: string): ArenaPlanInput[] {
  const connections = /max_connections to (\d+)/.exec(message);
  const messages = /max_recv_msg_size_mib to (\d+)/.exec(message);
  return [
    ...(connections ? [{ ...input, connectionsMax: Number(connections[1]) }] : []),
    ...(messages ? [{ ...input, messageSizeBytesMax: Number(messages[1]) * MiB }] : []),
  ];
}

function regionsOf(layout: ArenaLayout): Region[] {
  const { vault } = layout;
  return [
    layout.kernel,
    layout.statePage,
    layout.largeControl,
    ...(vault ? [vault.page, vault.links, vault.writer, ...vault.replay, vault.reader] : []),
    ...layout.shards.flatMap((shard) => [
      shard.scratch,
      ...shard.exportBuffers,
      shard.landing,
      shard.smallSlabs,
    ]),
    layout.largeSlabs,
  ];
}
