import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../test/support/config-fixtures.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { separateZonePage } from '../../test/support/zone-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { loopTickMs, ShardSampler } from './shard-sampler.ts';

const { Green, Yellow, Red } = Zone;

function zonesOf(text = '') {
  const { config, problems } = loadText(`receivers:
  otlp:
    protocols:
      grpc: { tls: { client_ca_file: /ca.pem, cert_file: /cert.pem, key_file: /key.pem } }
exporters: { debug: {} }
service: { pipelines: { logs: { receivers: [otlp], exporters: [debug] } } }
zones: { ${text} }
`);
  assert.deepEqual(problems, []);
  assert.ok(config !== undefined);
  return config.zones;
}

function rig(text = '') {
  const clock = new FakeClock();
  const page = separateZonePage();
  const arena = { percent: 0, lookCount: 0 };
  const sampler = new ShardSampler({
    ...{ clock, zones: zonesOf(text), zone: page.zone, signals: page.shard(0) },
    random: () => 0.5,
    occupancyPercent() {
      arena.lookCount += 1;
      return arena.percent;
    },
  });
  return { clock, page, arena, sampler, signals: page.shard(0) };
}

test('ShardSampler looks once in about zones.sample_operations batches', () => {
  const { sampler, arena, signals } = rig('sample_operations: 100');
  arena.percent = 33.3;
  for (let count = 0; count < 10_000; count += 1) sampler.operation();
  assert.ok(arena.lookCount > 60 && arena.lookCount < 160, `${arena.lookCount} looks`);
  assert.equal(signals.arenaPercent, 33.3);
});

test('ShardSampler turns Red at once when a message finds no memory, and back after the dwell', () => {
  const { sampler, arena, clock, signals } = rig();
  sampler.start();
  assert.equal(sampler.zone, Green);
  arena.percent = 100;
  sampler.starved();
  assert.equal(sampler.zone, Red);
  assert.equal(signals.localZone, Red);
  const looks = arena.lookCount;
  for (let count = 0; count < 1_000; count += 1) sampler.starved();
  assert.ok(arena.lookCount <= looks + 1, 'thousands that wait are one reason');
  clock.advance(5_000);
  assert.equal(sampler.zone, Red, 'still full');
  arena.percent = 10;
  clock.advance(1_900);
  assert.equal(sampler.zone, Red);
  clock.advance(200);
  assert.equal(sampler.zone, Green);
  assert.equal(signals.localZone, Green);
});

test('ShardSampler acts by the higher of its own zone and that of all', () => {
  const { sampler, arena, page } = rig();
  page.zone.set(Yellow);
  assert.equal(sampler.zone, Yellow);
  arena.percent = 100;
  sampler.starved();
  assert.equal(sampler.zone, Red);
  sampler.reload(zonesOf());
  assert.equal(sampler.zone, Yellow);
});

test('ShardSampler with observe_only measures, and does not turn', () => {
  const { sampler, arena, signals } = rig('observe_only: true');
  arena.percent = 100;
  sampler.starved();
  assert.equal(sampler.zone, Green);
  assert.equal(signals.arenaPercent, 100);
  sampler.reload(zonesOf());
  sampler.starved();
  assert.equal(sampler.zone, Red);
});

test('ShardSampler ticks, so that an idle shard forgets what was, until it is stopped', () => {
  const { sampler, arena, clock, signals } = rig();
  sampler.start();
  arena.percent = 50;
  clock.advance(loopTickMs);
  assert.equal(signals.arenaPercent, 50);
  arena.percent = 0;
  sampler.operation();
  clock.advance(5 * loopTickMs);
  const ticks = signals.tickCount;
  for (let count = 0; count < 10; count += 1) {
    sampler.operation();
    clock.advance(loopTickMs);
  }
  assert.equal(signals.arenaPercent, 0);
  assert.equal(signals.tickCount, ticks + 10);
  clock.advance(2_000);
  assert.ok(signals.tickCount < ticks + 20, 'less often without batches');
  assert.equal(signals.loopDelayMs, 0);
  sampler.stop();
  assert.equal(clock.pendingCount, 0);
});
