import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControlRig } from '../../test/support/control-rig.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { Signal } from '../monitor/signals.ts';
import type { EngineView } from './engine-view.ts';
import { livez, readyz } from './probes.ts';

interface Case {
  readonly view: EngineView | undefined;
  /** Status and lines of ?verbose. */
  readonly live: readonly [number, ...string[]];
  readonly ready: readonly [number, ...string[]];
}

function check({ view, live, ready }: Case): void {
  for (const [probe, [status, ...lines]] of [
    [livez, live],
    [readyz, ready],
  ] as const) {
    const verbose = probe(view, true);
    assert.equal(verbose.status, status);
    assert.deepEqual(verbose.text.trimEnd().split('\n'), [
      ...lines,
      status === 200 ? 'ok' : 'failed',
    ]);
    const brief = probe(view, false);
    assert.equal(brief.status, status);
    assert.equal(brief.text, status === 200 ? 'ok\n' : verbose.text, 'what fails is always told');
  }
}

const well = ['[+]main ok', '[+]shards ok'] as const;

test('probes: an engine that starts lives, and is not ready', () => {
  check({ view: undefined, live: [200, '[+]main ok'], ready: [503, '[-]engine starting'] });
});

test('probes: an engine that runs is ready, with and without a vault', () => {
  const ready = ['[+]engine ok', '[+]shards ok'] as const;
  const { view } = new ControlRig();
  check({ view, live: [200, ...well], ready: [200, ...ready, '[+]vault ok'] });
  const without = new ControlRig({ hasVault: false }).view;
  check({ view: without, live: [200, ...well], ready: [200, ...ready] });
});

test('probes: an engine that drains lives, and is not ready', () => {
  const rig = new ControlRig({ hasVault: false });
  rig.isDraining = true;
  const ready = ['[-]engine draining', '[+]shards ok'] as const;
  check({ view: rig.view, live: [200, ...well], ready: [503, ...ready] });
});

test('probes: Red is ready', () => {
  const rig = new ControlRig({ hasVault: false });
  rig.sample({ HostMemory: 99 });
  rig.override('red');
  check({
    view: rig.view,
    live: [200, ...well],
    ready: [200, '[+]engine ok', '[+]shards ok'],
  });
});

test('probes: a vault that does not work is told, and no reason to turn producers away', () => {
  const rig = new ControlRig();
  const ready = ['[+]engine ok', '[+]shards ok'] as const;
  const live = [200, ...well] as const;
  rig.vaultPage.set(VaultWord.State, 2);
  check({ view: rig.view, live, ready: [200, ...ready, '[-]vault degraded: read-only'] });
  const unopened: EngineView = { ...rig.view, vaultPage: undefined };
  const text = '[-]vault degraded: it could not be opened';
  check({ view: unopened, live, ready: [200, ...ready, text] });
});

test('probes: a shard that stands still is neither alive nor ready', () => {
  const rig = new ControlRig({ hasVault: false });
  const standing = '[-]shards an event loop has stood still for 12 s';
  const readings = Float64Array.from(rig.monitor.readings);
  readings[Signal.LoopDelay] = 12_000;
  const view: EngineView = { ...rig.view, monitor: withReadings(rig, readings) };
  check({
    view,
    live: [503, '[+]main ok', standing],
    ready: [503, '[+]engine ok', standing],
  });
});

function withReadings(rig: ControlRig, readings: Float64Array): EngineView['monitor'] {
  const { monitor } = rig;
  return {
    allowBeside: (sizeBytes) => monitor.allowBeside(sizeBytes),
    explain: () => monitor.explain(),
    history: () => monitor.history(),
    override: (request) => monitor.override(request),
    clearOverride: () => monitor.clearOverride(),
    sources: monitor.sources,
    readings,
    zone: monitor.zone,
    zoneMs: (zone) => monitor.zoneMs(zone),
  };
}
