import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cgroupMemoryLimit } from './cgroup.ts';
import { HostSampler } from './host-sampler.ts';
import { createReadings, Signal } from './signals.ts';

const MiB = 1024 * 1024;
const arenaSizeBytes = 32 * MiB;

/** Signals in percent, which this host either has or has not. */
const percentSignals = Object.entries(Signal).filter(([name]) =>
  /^(Cgroup|Parent|Host|Anonymous|Psi|CpuThrottled)/.test(name),
);

test('sample() reads the host that this runs on', async () => {
  const arena = new WebAssembly.Memory({ initial: 512, maximum: 512, shared: true });
  new Uint8Array(arena.buffer).fill(1);
  const sampler = new HostSampler({ memoryLimitBytes: 256 * MiB, arenaSizeBytes });
  const readings = createReadings();
  sampler.sample(performance.now(), readings);
  await sleep(600);
  sampler.sample(performance.now(), readings);
  const sources = new Map(sampler.sources().map((source) => [source.signal, source]));
  for (const [name, signal] of percentSignals) {
    const value = readings[signal]!; // every signal has a place
    assert.equal(Number.isFinite(value), sources.get(signal)?.live, `${name}: ${value}`);
    const isPlausible = Number.isNaN(value) || (value >= 0 && value <= 100);
    assert.ok(isPlausible || signal === Signal.AnonymousMemory, `${name}: ${value}`);
  }
  const hasPressure = existsSync('/proc/pressure/cpu');
  assert.equal(sources.get(Signal.PsiCpuSome)?.live, hasPressure);
  assert.equal(sources.get(Signal.HostCpu)?.live, !hasPressure);

  const facts = sampler.facts();
  const { rss } = process.memoryUsage();
  const residentBytes = facts.residentBytes ?? 0;
  assert.ok(
    Math.abs(residentBytes - rss) < 16 * MiB,
    `resident ${residentBytes}, Node says ${rss}`,
  );
  // Neither with the arena nor short of it: a Node that does nothing holds about 10 MB by itself.
  const anonymousBytes = facts.anonymousBytes ?? 0;
  const isPlausible = anonymousBytes > 4 * MiB && anonymousBytes < residentBytes - arenaSizeBytes;
  assert.ok(isPlausible, `anonymous ${anonymousBytes}`);
  assert.equal(facts.cgroupLimitBytes, cgroupMemoryLimit().limitBytes);
  sampler.close();
});
