// Samples the host and the shards, lets the zone machine decide, and puts the zone where all
// threads read it. One per process, on the main thread.

import type { Clock, Timer } from '../clock.ts';
import type { ZonesConfig } from '../config/config.ts';
import type { Log } from '../log.ts';
import { HostWord, type ZonePage } from '../memory/zone-page.ts';
import { Zone, zoneName } from '../memory/zone-word.ts';
import type { HostSampler } from './host-sampler.ts';
import { ShardReadings } from './shard-readings.ts';
import type { SignalSource } from './signal-source.ts';
import { createReadings, type Readings, Signal } from './signals.ts';
import { ZoneDurations } from './zone-durations.ts';
import type { ZoneExplanation } from './zone-explain.ts';
import type { SignalEvidence, Transition } from './zone-history.ts';
import { ZoneMachine } from './zone-machine.ts';
import type { OverrideRequest } from './zone-override.ts';

export interface MonitorParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly zones: ZonesConfig;
  readonly page: ZonePage;
  readonly host: Pick<HostSampler, 'sample' | 'sources' | 'allowBeside' | 'roomBytes' | 'close'>;
  /** Batches that have come from anywhere, since the start; what moves is not idle. */
  workCount(): number;
  /** The zone that acts has changed. */
  changed(zone: Zone): void;
}

/** Above it the disk is slow for everybody. No zone: Red is what writes. */
const ioBusyPercent = 20;
const ioCalmPercent = 16;

const idleIntervalMs = 500;

export class Monitor {
  readonly #parts: MonitorParts;
  readonly #readings = createReadings();
  readonly #machine: ZoneMachine;
  readonly #shards: ShardReadings;
  readonly #durations: ZoneDurations;
  #zones: ZonesConfig;
  #timer: Timer | undefined;
  #workCount = -1;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
    this.#zones = parts.zones;
    this.#machine = new ZoneMachine(parts.zones, parts.clock.nowMs());
    this.#shards = new ShardReadings(parts.page);
    this.#durations = new ZoneDurations(parts.page.zone.get(), parts.clock.nowMs());
  }

  /** Of the last sample; NaN for what this host does not have. */
  get readings(): Readonly<Readings> {
    return this.#readings;
  }

  /** What the signals and overrides ask for; with `zones.observe_only` only overrides act. */
  get zone(): Zone {
    return this.#machine.zone;
  }

  /** How long this zone has acted since the start. */
  zoneMs(zone: Zone): number {
    return this.#durations.ms(zone, this.#parts.clock.nowMs());
  }

  /** Which signals this host has, and where they come from. */
  get sources(): readonly SignalSource[] {
    return this.#parts.host.sources();
  }

  /** So much may be taken beside memory.limit_mib from now on. */
  allowBeside(sizeBytes: number): void {
    this.#parts.host.allowBeside(sizeBytes);
  }

  /** Memory that is planned and not in use; NaN: not known. */
  get memoryRoomBytes(): number {
    return this.#parts.host.roomBytes;
  }

  /** A first sample at once, so that a forced zone holds from the beginning. */
  start(): void {
    this.sample();
    const sources = this.sources;
    const named = (live: boolean) =>
      sources.flatMap((source) => (source.live === live ? [source.name] : [])).join(' ');
    this.#parts.log.info('monitor', { live: named(true), absent: named(false) });
    this.#startTimer();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#parts.host.close();
  }

  sample(): void {
    const { clock, host } = this.#parts;
    const nowMs = clock.nowMs();
    host.sample(nowMs, this.#readings);
    this.#shards.read(nowMs, this.#readings);
    this.#publishHost();
    this.#act(this.#machine.step(nowMs, this.#readings));
  }

  /** What is wrong with the request, in words; undefined: the zone is held from now on. */
  override(request: OverrideRequest): string | undefined {
    const result = this.#machine.override(request, this.#parts.clock.nowMs());
    if (result.kind === 'refused') return result.fault;
    this.#act(result.transition);
    return undefined;
  }

  clearOverride(): void {
    this.#act(this.#machine.clearOverride(this.#parts.clock.nowMs()));
  }

  /** Takes over other thresholds, dwell times and a forced zone. */
  reload(zones: ZonesConfig): void {
    this.#zones = zones;
    this.#machine.reset(zones);
    this.sample();
  }

  /** The last transitions, oldest first, each with its evidence. */
  history(): readonly Transition[] {
    return this.#machine.history();
  }

  /** What holds the zone, and what would have to move for it to be left. */
  explain(): ZoneExplanation {
    return this.#machine.explain(this.#parts.clock.nowMs(), this.#readings);
  }

  #startTimer(): void {
    this.#timer = this.#parts.clock.after(this.#nextMs(), () => {
      this.sample();
      this.#startTimer();
    });
  }

  /**
   * Of an idle engine nothing depends on the zone, and looking costs more than all else it does.
   */
  #nextMs(): number {
    const { sampleIntervalMs } = this.#zones;
    const workCount = this.#parts.workCount();
    const isIdle = workCount === this.#workCount && this.#machine.zone === Zone.Green;
    this.#workCount = workCount;
    return isIdle ? Math.max(sampleIntervalMs, idleIntervalMs) : sampleIntervalMs;
  }

  #act(transition: Transition | undefined): void {
    const { clock, page, log, changed } = this.#parts;
    const observes = this.#zones.observeOnly && !this.#machine.isOverridden;
    const acting = observes ? Zone.Green : this.#machine.zone;
    if (page.zone.get() !== acting) {
      page.zone.set(acting);
      this.#durations.turn(acting, clock.nowMs());
      changed(acting);
    }
    if (transition === undefined) return;
    transition.wallMs = clock.wallMs();
    const { from, to, cause, signals, durationMs, override } = transition;
    log.info('zone', {
      from: zoneName(from),
      to: zoneName(to),
      cause,
      signals: evidenceText(signals),
      after_ms: Math.round(durationMs),
      ...(override === undefined ? {} : { reason: override.reason, by: override.by }),
      ...(observes ? { observe_only: true } : {}),
    });
  }

  #publishHost(): void {
    const { page, log } = this.#parts;
    if (this.#zones.observeOnly) {
      for (const word of Object.values(HostWord)) page.set(word, false);
      return;
    }
    const ioPercent = this.#readings[Signal.PsiIoSome]!; // every signal has a place
    const wasBusy = page.isSet(HostWord.IoBusy);
    const isBusy = ioPercent > (wasBusy ? ioCalmPercent : ioBusyPercent);
    if (isBusy !== wasBusy) {
      page.set(HostWord.IoBusy, isBusy);
      log.info(isBusy ? 'disk is busy: background work slows down' : 'disk is calm again', {
        psi_io_some_percent: Math.round(ioPercent),
      });
      this.#parts.changed(page.zone.get());
    }
    const cpuPercent = this.#readings[Signal.PsiCpuSome]!; // every signal has a place
    page.set(HostWord.CpuShort, cpuPercent > this.#zones.signals.psiCpuSomePercent.yellow);
  }
}

/** `arena_percent 91.2 (85), loop_delay_p99 60 (50)`: value, and the threshold that it met. */
function evidenceText(signals: readonly SignalEvidence[]): string {
  return signals
    .map(({ name, value, threshold }) => `${name} ${rounded(value)} (${rounded(threshold)})`)
    .join(', ');
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
