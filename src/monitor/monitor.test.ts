import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../test/support/config-fixtures.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { keptLog } from '../../test/support/kept-log.ts';
import { separateZonePage } from '../../test/support/zone-page.ts';
import { HostWord } from '../memory/zone-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { Monitor } from './monitor.ts';
import type { SignalSource } from './signal-source.ts';
import { Signal } from './signals.ts';

const { Green, Yellow, Red } = Zone;

function zonesOf(text = '') {
  const { config, problems } = loadText(`${minimal}${text === '' ? '' : `zones: { ${text} }\n`}`);
  assert.deepEqual(problems, []);
  assert.ok(config !== undefined);
  return config.zones;
}

const minimal = `receivers:
  otlp:
    protocols:
      grpc: { tls: { client_ca_file: /ca.pem, cert_file: /cert.pem, key_file: /key.pem } }
exporters: { debug: {} }
service: { pipelines: { logs: { receivers: [otlp], exporters: [debug] } } }
`;

function rig(text = '', shardCount = 1) {
  const clock = new FakeClock();
  const page = separateZonePage(shardCount);
  const { log, lines } = keptLog();
  const changes: Zone[] = [];
  const set = new Map<Signal, number>();
  const work = { count: 0, isIdle: false };
  let closed = false;
  const sources: SignalSource[] = [
    { signal: Signal.HostMemory, name: 'host_memory_percent', live: true, file: '/proc/meminfo' },
    { signal: Signal.CgroupMemory, name: 'cgroup_memory_percent', live: false, file: undefined },
  ];
  const monitor = new Monitor({
    ...{ clock, log, page, zones: zonesOf(text) },
    host: {
      sample(_, out) {
        for (const [signal, value] of set) out[signal] = value;
      },
      sources: () => sources,
      allowBeside() {},
      roomBytes: Number.NaN,
      close() {
        closed = true;
      },
    },
    workCount: () => (work.isIdle ? work.count : work.count++),
    changed: (zone) => changes.push(zone),
  });
  const zoneLines = () => lines.filter(({ message }) => message === 'zone');
  const isClosed = () => closed;
  return { clock, page, work, lines, changes, set, monitor, zoneLines, isClosed };
}

test('Monitor samples every zones.sample_interval until it is stopped', () => {
  const { clock, page, set, monitor, isClosed } = rig('sample_interval: 200ms');
  monitor.start();
  assert.equal(page.zone.get(), Green);
  set.set(Signal.HostMemory, 80);
  clock.advance(199);
  assert.equal(page.zone.get(), Green);
  clock.advance(1);
  assert.equal(page.zone.get(), Yellow);
  monitor.stop();
  set.set(Signal.HostMemory, 1);
  clock.advance(60_000);
  assert.equal(page.zone.get(), Yellow, 'nobody looks any more');
  assert.equal(isClosed(), true);
  assert.equal(clock.pendingCount, 0);
});

test('zoneMs() counts every moment for the zone that acts', () => {
  const { clock, set, monitor } = rig('sample_interval: 200ms');
  monitor.start();
  clock.advance(1_000);
  set.set(Signal.HostMemory, 80);
  clock.advance(1_000);
  const [green, yellow, red] = [Green, Yellow, Red].map((zone) => monitor.zoneMs(zone));
  assert.deepEqual([green, yellow, red], [1_200, 800, 0]);
  monitor.stop();
});

test('zoneMs() counts Green while zones are only observed', () => {
  const { clock, set, monitor } = rig('observe_only: true');
  set.set(Signal.HostMemory, 99);
  monitor.start();
  clock.advance(5_000);
  assert.notEqual(monitor.zone, Green);
  assert.deepEqual([monitor.zoneMs(Green), monitor.zoneMs(monitor.zone)], [5_000, 0]);
  monitor.stop();
});

test('Monitor looks five times less often while no batch comes and all is Green', () => {
  const { clock, page, set, work, monitor } = rig();
  work.isIdle = true;
  monitor.start();
  clock.advance(100);
  set.set(Signal.HostMemory, 80);
  clock.advance(400);
  assert.equal(page.zone.get(), Green);
  clock.advance(100);
  assert.equal(page.zone.get(), Yellow);
  set.set(Signal.HostMemory, 1);
  clock.advance(5_200);
  assert.equal(page.zone.get(), Green, 'a zone is left as soon as it may be');
});

test('Monitor turns the zone word, tells the threads, and writes what decided', () => {
  const { clock, page, set, monitor, changes, zoneLines, lines } = rig();
  monitor.start();
  assert.deepEqual(lines[0], {
    message: 'monitor',
    fields: { live: 'host_memory_percent', absent: 'cgroup_memory_percent' },
  });
  set.set(Signal.CgroupMemory, 91.26);
  clock.advance(100);
  assert.equal(page.zone.get(), Red);
  set.set(Signal.CgroupMemory, 0);
  clock.advance(20_000);
  assert.equal(page.zone.get(), Green);
  assert.deepEqual(changes, [Red, Yellow, Green]);
  const fields = zoneLines().map((line) => line.fields);
  assert.deepEqual(
    fields.map(({ from, to, cause }) => [from, to, cause]),
    [
      ['green', 'red', 'signal'],
      ['red', 'yellow', 'dwell'],
      ['yellow', 'green', 'dwell'],
    ],
  );
  assert.equal(fields[0]?.signals, 'cgroup_memory_percent 91.3 (75)');
  assert.equal(fields[0]?.after_ms, 100);
  const history = monitor.history();
  assert.equal(history.length, 3);
  assert.equal(history[0]?.wallMs, clock.wallMs() - 20_000);
});

test('Monitor with observe_only decides and says so, and nothing acts but a held zone', () => {
  const { clock, page, set, monitor, changes, zoneLines } = rig('observe_only: true');
  monitor.start();
  set.set(Signal.CgroupMemory, 91).set(Signal.PsiIoSome, 90).set(Signal.PsiCpuSome, 90);
  clock.advance(100);
  assert.equal(monitor.zone, Red);
  assert.equal(page.zone.get(), Green);
  assert.equal(page.isSet(HostWord.IoBusy) || page.isSet(HostWord.CpuShort), false);
  assert.deepEqual(changes, []);
  assert.equal(zoneLines()[0]?.fields.observe_only, true);
  set.set(Signal.CgroupMemory, 0).set(Signal.PsiCpuSome, 0);
  clock.advance(20_000);
  const request = { zone: Yellow, durationMs: 1_000, reason: 'test of the pager', by: 'me' };
  assert.equal(monitor.override(request), undefined);
  assert.equal(page.zone.get(), Yellow);
  clock.advance(1_100);
  assert.equal(page.zone.get(), Green);
});

test('Monitor.override() holds for its time, says why, and is refused without a reason', () => {
  const { clock, page, monitor, zoneLines } = rig();
  monitor.start();
  const request = { zone: Red, durationMs: 5_000, reason: 'backend maintenance', by: 'CN=ops' };
  assert.match(monitor.override({ ...request, reason: ' ' }) ?? '', /needs a reason/);
  assert.match(monitor.override({ ...request, durationMs: 1e9 }) ?? '', /at most 24 h/);
  assert.equal(page.zone.get(), Green);
  assert.equal(monitor.override(request), undefined);
  assert.equal(page.zone.get(), Red);
  assert.equal(zoneLines()[0]?.fields.reason, 'backend maintenance');
  assert.equal(zoneLines()[0]?.fields.by, 'CN=ops');
  clock.advance(4_900);
  assert.equal(page.zone.get(), Red);
  clock.advance(100);
  assert.equal(page.zone.get(), Green);
  monitor.override(request);
  monitor.clearOverride();
  assert.equal(page.zone.get(), Green);
});

test('Monitor.reload() takes over thresholds, and a zone that is held from now on', () => {
  const { clock, page, set, monitor } = rig();
  monitor.start();
  set.set(Signal.HostMemory, 60);
  clock.advance(100);
  assert.equal(page.zone.get(), Green);
  monitor.reload(zonesOf('signals: { memory_percent: { yellow: 50, red: 90 } }'));
  assert.equal(page.zone.get(), Yellow);
  monitor.reload(zonesOf('force: red'));
  assert.equal(page.zone.get(), Red);
  set.set(Signal.HostMemory, 10);
  monitor.reload(zonesOf());
  clock.advance(10_000);
  assert.equal(page.zone.get(), Green);
});

test('Monitor: a busy disk makes no zone, it only slows what nobody waits for', () => {
  const { clock, page, set, monitor, changes } = rig();
  monitor.start();
  const table: [percent: number, isBusy: boolean][] = [
    [20, false],
    [21, true],
    [17, true],
    [16, false],
    [Number.NaN, false],
  ];
  for (const [percent, isBusy] of table) {
    set.set(Signal.PsiIoSome, percent);
    clock.advance(100);
    assert.equal(page.isSet(HostWord.IoBusy), isBusy, `${percent}`);
    assert.equal(page.zone.get(), Green);
  }
  assert.deepEqual(changes, [Green, Green], 'the replay may go on');
});

test('Monitor: CPUs that are short make Yellow, and a word that says so', () => {
  const { clock, page, set, monitor } = rig();
  monitor.start();
  set.set(Signal.PsiCpuSome, 95);
  clock.advance(200);
  assert.equal(page.zone.get(), Yellow);
  assert.equal(page.isSet(HostWord.CpuShort), true);
  set.set(Signal.PsiCpuSome, 0);
  clock.advance(100);
  assert.equal(page.isSet(HostWord.CpuShort), false);
});

test('Monitor takes the worst of the shards, and an event loop that stands still for late', () => {
  const { clock, page, monitor } = rig('', 2);
  const tick = (ms: number, ...shards: number[]) => {
    for (let at = 0; at < ms; at += 50) {
      for (const shard of shards) page.shard(shard).tick(50);
      clock.advance(50);
    }
  };
  monitor.start();
  tick(1_000);
  assert.equal(page.zone.get(), Green, 'shards that have not begun are not late');
  page.shard(1).publish(70, 0);
  tick(100, 0, 1);
  assert.equal(page.zone.get(), Yellow);
  page.shard(1).publish(10, 0);
  page.shard(0).setLocalZone(Red);
  tick(100, 0, 1);
  assert.equal(page.zone.get(), Red, 'a shard has turned by itself');
  page.shard(0).setLocalZone(Green);
  tick(8_000, 0, 1);
  assert.equal(page.zone.get(), Green);
  tick(200, 0);
  assert.equal(monitor.readings[Signal.LoopDelay], 100);
  assert.equal(page.zone.get(), Yellow);
  tick(200, 0);
  assert.equal(page.zone.get(), Red);
  tick(8_000, 0, 1);
  assert.equal(page.zone.get(), Green, 'no latch');
});
