// Turns readings into the zone. Pure: time and readings are handed in, nothing is read or written,
// and a step that changes nothing allocates nothing. Whether the zone acts (observe_only) is for
// its owner to decide.

import { unreachable } from '../assert.ts';
import type { ZonesConfig } from '../config/config.ts';
import { Zone } from '../memory/zone-word.ts';
import { createReadings, type Readings } from './signals.ts';
import { DwelledZone } from './zone-dwell.ts';
import { signalNames, signalStates, type ZoneExplanation } from './zone-explain.ts';
import {
  type SignalEvidence,
  signalEvidence,
  type Transition,
  type TransitionCause,
  ZoneHistory,
} from './zone-history.ts';
import {
  type ActiveOverride,
  forcedOverride,
  type OverrideRequest,
  overrideFault,
} from './zone-override.ts';
import { allSignals, memorySignals, ZonePressure } from './zone-pressure.ts';
import { ForwardTime } from './zone-time.ts';

export type OverrideResult =
  | { readonly kind: 'refused'; readonly fault: string }
  | { readonly kind: 'taken'; readonly transition: Transition | undefined };

export class ZoneMachine {
  #zones: ZonesConfig;
  #pressure: ZonePressure;
  readonly #time: ForwardTime;
  /** What the signals ask for. */
  readonly #computed = new DwelledZone(allSignals);
  /** What memory alone asks for: its Red is above every override (Mandate 2). */
  readonly #memory = new DwelledZone(memorySignals);
  readonly #history = new ZoneHistory();
  #requested: ActiveOverride | undefined;
  #forced: ActiveOverride | undefined;
  /** The one that decided the zone last time. */
  #acting: ActiveOverride | undefined;
  #zone: Zone = Zone.Green;
  #sinceMs: number;
  /** Of the last step; its owner's array. */
  #readings: Readings = createReadings();

  /** Green until the first step. */
  constructor(zones: ZonesConfig, nowMs: number) {
    this.#zones = zones;
    this.#pressure = new ZonePressure(zones);
    this.#forced = forcedOverride(zones);
    this.#time = new ForwardTime(nowMs);
    this.#sinceMs = this.#time.advance(nowMs);
  }

  /** Computed and overridden: what acts, unless observe_only. */
  get zone(): Zone {
    return this.#zone;
  }

  /** What the signals ask for. */
  get computedZone(): Zone {
    return this.#computed.zone;
  }

  /** Somebody holds the zone: it is not only the signals' any more. */
  get isOverridden(): boolean {
    return this.#acting !== undefined;
  }

  /** @param nowMs of a steady clock; a jump of it back counts as no time at all */
  step(nowMs: number, readings: Readings): Transition | undefined {
    const time = this.#time.advance(nowMs);
    this.#readings = readings;
    this.#pressure.take(readings);
    this.#computed.step(time, this.#pressure, readings, this.#zones);
    this.#memory.step(time, this.#pressure, readings, this.#zones);
    return this.#settle(nowMs, time);
  }

  /** Other thresholds and dwells from the next step on. Zone, override and history stay. */
  reset(zones: ZonesConfig): void {
    this.#zones = zones;
    this.#pressure = new ZonePressure(zones);
    const forced = forcedOverride(zones);
    if (this.#forced?.zone !== forced?.zone) this.#forced = forced;
  }

  /** Replaces the one before, and zones.force until it ends. */
  override(request: OverrideRequest, nowMs: number): OverrideResult {
    const fault = overrideFault(request);
    if (fault !== undefined) return { kind: 'refused', fault };
    const { zone, durationMs, reason, by } = request;
    const time = this.#time.advance(nowMs);
    this.#requested = { zone, reason, by, cause: 'override', untilMs: time + durationMs };
    return { kind: 'taken', transition: this.#settle(nowMs, time) };
  }

  /** Undefined also where there was none. */
  clearOverride(nowMs: number): Transition | undefined {
    this.#requested = undefined;
    return this.#settle(nowMs, this.#time.advance(nowMs));
  }

  /** The last 200, oldest first. */
  history(): Transition[] {
    return this.#history.list();
  }

  /** Changes nothing. `readings`: as a step would get them. */
  explain(nowMs: number, readings: Readings): ZoneExplanation {
    const time = this.#time.peek(nowMs);
    const computedZone = this.#computed.zone;
    const signals = signalStates(computedZone, this.#pressure, readings);
    const holding = signals.filter(({ moveBy }) => moveBy !== undefined);
    const isDwelling = computedZone !== Zone.Green && holding.length === 0;
    const override = this.#overrideAt(time);
    return {
      zone: this.#zone,
      computedZone,
      durationMs: time - this.#sinceMs,
      override: override && {
        zone: override.zone,
        reason: override.reason,
        by: override.by,
        cause: override.cause,
        leftMs: override.untilMs - time,
        isOverruled: this.#memory.zone === Zone.Red && override.zone !== Zone.Red,
      },
      dwellLeftMs: isDwelling ? this.#computed.dwellLeftMs(time, this.#zones) : undefined,
      holding,
      lastHeldBy: signalNames(this.#computed.heldBy),
      signals,
    };
  }

  /** Makes the zone what signals and override say now. */
  #settle(nowMs: number, time: number): Transition | undefined {
    const acting = this.#overrideAt(time);
    const before = this.#acting;
    this.#acting = acting;
    const from = this.#zone;
    const to = this.#zoneUnder(acting);
    if (to === from) return undefined;
    const cause = causeOf(from, to, acting, before);
    const override = acting ?? before;
    const transition: Transition = {
      atMs: nowMs,
      from,
      to,
      cause,
      signals: this.#evidence(from, to, cause),
      durationMs: time - this.#sinceMs,
      ...(override && { override: { reason: override.reason, by: override.by } }),
    };
    this.#zone = to;
    this.#sinceMs = time;
    // The signals' zone may begin to act now: it does so for its dwell.
    if (cause !== 'signal' && cause !== 'dwell') this.#computed.restartDwell();
    this.#history.add(transition);
    return transition;
  }

  #overrideAt(time: number): ActiveOverride | undefined {
    const requested = this.#requested;
    return requested !== undefined && time < requested.untilMs ? requested : this.#forced;
  }

  #zoneUnder(override: ActiveOverride | undefined): Zone {
    if (override === undefined) return this.#computed.zone;
    return this.#memory.zone === Zone.Red ? Zone.Red : override.zone;
  }

  #evidence(from: Zone, to: Zone, cause: TransitionCause): SignalEvidence[] {
    const pressure = this.#pressure;
    const decided = this.#acting === undefined ? this.#computed : this.#memory;
    switch (cause) {
      case 'signal':
      case 'override_ended':
        return signalEvidence(decided.heldBy, this.#readings, (signal) =>
          pressure.threshold(to, signal),
        );
      case 'dwell':
        return signalEvidence(decided.released, this.#readings, (signal) =>
          pressure.release(from, signal),
        );
      case 'override':
      case 'force':
        return [];
      default:
        return unreachable(cause, 'cause');
    }
  }
}

function causeOf(
  from: Zone,
  to: Zone,
  acting: ActiveOverride | undefined,
  before: ActiveOverride | undefined,
): TransitionCause {
  if (acting === before) return to > from ? 'signal' : 'dwell';
  if (acting === undefined) return 'override_ended';
  return to === acting.zone ? acting.cause : 'signal'; // memory has turned Red in the same step
}
